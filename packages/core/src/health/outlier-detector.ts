/** What the detector keeps of an endpoint: its slot in the pipeline's row. */
export interface OutlierSlot {
  consecutiveFailures: number
  /** Calls of the present interval that were judged, and those of them that failed. */
  calls: number
  failures: number
  /** Which interval {@link calls} and {@link failures} belong to: those of another count for nothing. */
  interval: number
  /** Times ejected in a row: the multiplier of the ejection time. */
  ejections: number
  isEjected: boolean
  /** So it would be: the layer is in shadow, and sets nobody aside. */
  isShadow: boolean
  /** While ejected: when it returns. */
  returnsAtMs: number
}

/** The slot of an endpoint of which nothing is known. */
export function createOutlierSlot(): OutlierSlot {
  return {
    consecutiveFailures: 0,
    calls: 0,
    failures: 0,
    interval: 0,
    ejections: 0,
    isEjected: false,
    isShadow: false,
    returnsAtMs: 0,
  }
}
