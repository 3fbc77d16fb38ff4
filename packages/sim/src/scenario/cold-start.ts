/** `coldStart`: what an instance costs more than usual while it is young: caches of its own, code that is not compiled. */
import type { Duration } from '@seakeep/core'
import { bool, duration, type Field, type FieldsOf, number, oneOf, optional, record } from '@seakeep/core/spi'

export interface ColdStartData {
  /** How long an instance is cold after each start. Required, above 0. */
  readonly for: Duration
  /** How many times as long its work takes at first. Required, 1 to 1e6. */
  readonly factor: number
  /** `linear` (default): the surplus fades evenly over `for`; `step`: all of it until the end of `for`. */
  readonly shape?: 'linear' | 'step'
  /** True: instances that are there at t = 0 are cold, too. Default false: they have been running for long. */
  readonly atStart?: boolean
}

export interface ResolvedColdStart {
  readonly forMs: number
  readonly factor: number
  readonly shape: 'linear' | 'step'
  readonly atStart: boolean
}

export const coldStart: Field<ResolvedColdStart | undefined, ''> = optional(
  record(
    {
      for: duration({ above: 0 }),
      factor: number({ min: 1, max: 1e6, about: 'how many times as long work takes at first' }),
      shape: oneOf(['linear', 'step'], { default: 'linear' }),
      atStart: bool({ default: false }),
    } satisfies FieldsOf<ColdStartData>,
    { finish: (given): ResolvedColdStart => given },
  ),
)
