/** Someone who follows single calls: a threshold over a window of its own. */
export interface CallListener {
  /** `judgeUs`: the instant its goodput is judged by; `Infinity` for none. */
  onEnd(offeredUs: number, endedUs: number, judgeUs: number, ending: string, isUnsent: boolean): void
  /** The run is over, and the call is not. */
  onOpen(offeredUs: number, endUs: number, judgeUs: number): void
}
