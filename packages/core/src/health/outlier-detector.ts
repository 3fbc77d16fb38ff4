/** What the detector keeps of an endpoint: its slot in the pipeline's row. */
export interface OutlierSlot {
  consecutiveFailures: number
  /** Times ejected in a row: the multiplier of the ejection time. */
  ejections: number
  isEjected: boolean
  /** While ejected: when it returns. */
  returnsAtMs: number
}
