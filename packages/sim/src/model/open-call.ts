/** A call that has been offered and has not ended, as its host keeps it: in a list linked through itself. */
export interface OpenCall {
  olderCall: OpenCall | undefined
  newerCall: OpenCall | undefined
  /** Its caller has crashed. */
  abandon(): void
  /** The run is over. */
  closeBooks(endUs: number): void
}
