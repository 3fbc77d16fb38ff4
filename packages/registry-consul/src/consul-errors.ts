/** What Consul may answer instead of what was asked. */

/** A status that refuses: no such token, no permission, no leader, too much. */
export class ConsulError extends Error {
  readonly status: number
  /** What Consul said, without the number. */
  readonly reason: string

  constructor(what: string, status: number, reason: string) {
    const known = EXPLANATIONS[status]
    super(`consul answered ${status} to ${what}: ${reason === '' ? (known ?? 'no reason given') : reason}`)
    this.name = 'ConsulError'
    this.status = status
    this.reason = reason
  }
}

const EXPLANATIONS: Readonly<Record<number, string>> = {
  403: 'the token does not allow it',
  429: 'too many requests',
}

/** An answer that cannot be understood: not JSON, of another shape, or over the bound. */
export class RegistryAnswerError extends Error {
  /** The field that is wrong, as `[3].Service.Port`; empty for the answer as a whole. */
  readonly path: string

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(path === '' ? problem : `${path}: ${problem}`, options)
    this.name = 'RegistryAnswerError'
    this.path = path
  }
}

/** The servers have no leader: what they answer may be as old as that, and changes cannot be written. */
export class NoLeaderError extends Error {
  constructor() {
    super('consul has no leader; what was known last stands')
    this.name = 'NoLeaderError'
  }
}

/** No answer in time. */
export class NoAnswerError extends Error {
  constructor(what: string, timeoutMs: number) {
    super(`no answer to ${what} in ${Math.round(timeoutMs)} ms`)
    this.name = 'NoAnswerError'
  }
}
