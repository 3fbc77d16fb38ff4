import { REFUSED } from '../breaking/circuit-breaker.ts'
import { ActiveAttempt, ADMITTING } from './active-attempt.ts'
import type { AttemptOwner } from './attempt-owner.ts'

/** An attempt of a call after its first one: a retry, or the copy of a hedged call. */
export class LaterAttempt extends ActiveAttempt {
  declare readonly call: AttemptOwner
  declare readonly number: number

  constructor(call: AttemptOwner, number: number) {
    super()
    this.route = call.route
    this.isCommitted = false
    this.previous = undefined
    this.next = undefined
    this.phase = ADMITTING
    this.placed = undefined
    this.serviceEpoch = REFUSED
    this.endpointEpoch = REFUSED
    this.sentMs = 0
    this.timer = undefined
    this.inLine = undefined
    this.cancelSend = undefined
    this.hasPermit = false
    this.calledOff = undefined
    this.controller = undefined
    this.call = call
    this.number = number
  }
}
