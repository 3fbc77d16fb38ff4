import { ActiveAttempt } from './active-attempt.ts'
import type { AttemptOwner } from './attempt-owner.ts'

/** An attempt of a call after its first one: a retry, or the copy of a hedged call. */
export class LaterAttempt extends ActiveAttempt {
  declare readonly call: AttemptOwner
  declare readonly number: number

  constructor(call: AttemptOwner, number: number) {
    super()
    this.initialise(call.route)
    this.call = call
    this.number = number
  }
}
