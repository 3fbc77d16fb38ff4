import { isRejectedError, isSeakeepError } from '@seakeep/core'

/** Every call that was made, until it has ended: once, and no more. */
export class Accounts {
  calls = 0
  open = 0
  readonly endings: Map<string, number> = new Map()
  /** Of the runtime's governance, by type. */
  readonly events: Map<string, number> = new Map()
  /** What must not happen. */
  readonly faults: string[] = []

  /** Follows a promise. */
  follow(promise: Promise<unknown>): void {
    const close = this.begin()
    promise.then(
      () => close('ok'),
      (error: unknown) => close(endingOf(error)),
    )
  }

  /** For a call that tells its end itself. */
  begin(): (ending: string) => void {
    this.calls++
    this.open++
    let isOpen = true
    return (ending) => {
      if (!isOpen) return this.fault(`a call ended twice, the second time with ${ending}`)
      isOpen = false
      this.open--
      increment(this.endings, ending)
    }
  }

  count(event: string): void {
    increment(this.events, event)
  }

  fault(what: string): void {
    // The first say what is wrong; a leak of reports would look like a leak of the runtime.
    if (this.faults.length < 20) this.faults.push(what)
  }
}

function endingOf(error: unknown): string {
  if (isRejectedError(error)) return error.reason
  if (isSeakeepError(error)) return error.code
  return 'own error'
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
