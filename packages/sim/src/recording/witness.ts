/** Somebody who watches what a run does, beside what it measures: an invariant. Nobody, unless one was asked for. */

export interface HostSeen {
  readonly name: string
  readonly caller: string
  readonly isUp: boolean
  /** When it went down last, and when it went on last after it had stood still, in µs; `-Infinity` for never. */
  readonly downUs: number
  readonly resumedUs: number
}

export interface CallSeen {
  readonly host: HostSeen
  readonly service: string
  readonly method: string | undefined
  readonly offeredUs: number
  /** What its caller was given, in ms; `Infinity` for none. */
  readonly deadlineMs: number
  /** The user's call it was made for. */
  readonly root: string | undefined
}

export interface InstanceSeen {
  readonly name: string
  readonly host: HostSeen
  /** Has said that it wants no more. */
  readonly isDraining?: boolean
}

/** A request at its server. */
export interface JobSeen {
  readonly arrivedUs: number
  readonly exchange: { readonly priority: string | undefined; readonly call: CallSeen }
}

export interface Witness {
  onCall?(call: CallSeen): void
  /** `number` from 1: a retry or a copy has a later one. */
  onSent?(call: CallSeen, number: number, instance: InstanceSeen): void
  onAttemptEnd?(call: CallSeen): void
  onCallEnd?(call: CallSeen): void
  onArrived?(instance: string, job: JobSeen): void
  onBegun?(instance: string, job: JobSeen): void
  /** Also when it was begun before. */
  onLeft?(instance: string, job: JobSeen): void
}
