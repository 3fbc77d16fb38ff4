import type { Answer } from '../call/outcome.ts'
import { type OutcomeEdge, PromisedOutcome } from './promised-outcome.ts'

/** The edge of `client().call()`: an answer with a status below 400 resolves, all else is an error of the family. */
const answerEdge: OutcomeEdge<Answer> = (outcome, promised) => {
  if (outcome.isAnswered && (outcome.status ?? 200) < 400) promised.resolve(outcome.value as Answer)
  else promised.reject(promised.errorFor(outcome))
}

export function promisedAnswer(
  service: string,
  number: number,
  signal: AbortSignal | undefined,
): PromisedOutcome<Answer> {
  return new PromisedOutcome(answerEdge, service, number, signal)
}
