/**
 * The index of a blocking query, as plain data. An index stands for a state of one server: after any error the next
 * answer may be another server's, or the same one's after a restart with an empty disk, where the old index lies in the
 * future and would block for the whole wait while changes pass by. So it is forgotten after each error, and when it goes
 * backwards; 0 is never passed on, as it does not block (Consul's API documentation, "Blocking Queries").
 */
export interface WatchIndex {
  /** 0: ask without one, and be answered at once. */
  readonly index: number
}

export interface IndexStep {
  readonly next: WatchIndex
  /** The wait ran out: what was answered is what was known. */
  readonly isUnchanged: boolean
}

export const NO_INDEX: WatchIndex = { index: 0 }

/** What an answer's `X-Consul-Index` means; undefined where it cannot be one. */
export function stepOf({ index }: WatchIndex, header: string | undefined): IndexStep | undefined {
  if (header === undefined || !/^\d+$/.test(header)) return undefined
  const answered = Number(header)
  if (!Number.isSafeInteger(answered)) return undefined
  if (answered === 0 || answered < index) return { next: NO_INDEX, isUnchanged: false }
  return { next: { index: answered }, isUnchanged: answered === index }
}

/** The part of the query that makes it block: none without an index. */
export function blockingQuery({ index }: WatchIndex, waitMs: number): string {
  return index === 0 ? '' : `&index=${index}&wait=${Math.ceil(waitMs)}ms`
}

/** Servers add up to a sixteenth to a wait, so that not all end at once; 2 s are for the way. */
export function answerTimeoutMs(waitMs: number): number {
  return (waitMs * 17) / 16 + 2000
}
