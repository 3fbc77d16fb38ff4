import type { Answer, CallOutcome } from '../call/outcome.ts'
import { PromisedOutcome } from './promised-outcome.ts'

/** The edge of `client().call()`: an answer with a status below 400 resolves, all else is an error of the family. */
export class PromisedAnswer extends PromisedOutcome<Answer> {
  protected end(outcome: CallOutcome): void {
    if (outcome.isAnswered && (outcome.status ?? 200) < 400) this.resolve(outcome.value as Answer)
    else this.reject(this.errorFor(outcome))
  }
}
