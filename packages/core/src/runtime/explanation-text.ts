import type { Decision, ExplainedCandidate, Explanation } from '../telemetry/explanation.ts'

/** Candidates that are printed; the others are counted. */
const MOST_CANDIDATES = 5

/** An explanation as lines for people: when, since the call began, and what. */
export function explanationText(explanation: Omit<Explanation, 'toString'>): string {
  const { callId, service, method, beganAtMs, timeoutMs, decisions, outcome, policy } = explanation
  const within = timeoutMs === undefined ? 'no timeout' : `within ${ms(timeoutMs)}`
  const lines = decisions.map((one) => line(one.atMs - beganAtMs, sentence(one)))
  const end =
    outcome === undefined
      ? 'under way'
      : line(outcome.tookMs, `${outcome.ending} after ${attempts(outcome.attempts)}${stopped(outcome.retryStopped)}`)
  const written = policy.filter(({ place }) => place !== undefined)
  return [
    `${callId}: ${service}${method === undefined ? '' : ` ${method}`}, ${within}`,
    ...lines,
    end,
    ...written.map(({ path, text, place }) => `  ${path}: ${text}  (${place})`),
  ].join('\n')
}

function line(atMs: number, text: string): string {
  return `${`+${ms(atMs)}`.padStart(10)}  ${text}`
}

function sentence(decision: Decision): string {
  switch (decision.step) {
    case 'breaker': {
      const whose = decision.endpoint === undefined ? 'breaker' : `breaker of ${decision.endpoint}`
      return decision.isAdmitted
        ? `${whose}: ${decision.state}`
        : `${whose} refuses: ${decision.state}, ${decision.why}`
    }
    case 'throttle':
      return `throttle ${decision.isAdmitted ? 'admits' : 'refuses'}: a share of ${round(decision.refusalRatio)} is refused`
    case 'pick':
      return decision.endpoint === undefined
        ? `no endpoint among ${decision.candidates.length}`
        : `picks ${decision.endpoint} among ${decision.candidates.length}: ${candidates(decision.candidates)}`
    case 'rate-limit':
      return decision.isAdmitted ? 'rate limit: a token' : `rate limit refuses: a token in ${ms(decision.retryAfterMs)}`
    case 'concurrency':
      return `concurrency ${decision.isAdmitted ? 'admits' : 'has no permit'}: ${decision.inFlight} of ${round(decision.limit)} under way, ${decision.queued} wait`
    case 'line':
      return decision.isAdmitted ? `waits in line: ${decision.queued} wait` : 'the line is full'
    case 'sent':
      return `attempt ${decision.attempt} sent${decision.endpoint === undefined ? '' : ` to ${decision.endpoint}`}, ${
        decision.leftMs === Number.POSITIVE_INFINITY ? 'no limit' : `${ms(decision.leftMs)} left`
      }`
    case 'answered':
      return `attempt ${decision.attempt} ends: ${[decision.ending, decision.status, decision.error].filter((one) => one !== undefined).join(' ')} after ${ms(decision.tookMs)}`
    case 'judged':
      return `judged a ${decision.verdict}`
    case 'called-off':
      return `attempt ${decision.attempt} called off: ${decision.why} after ${ms(decision.tookMs)}`
    case 'backoff':
      return `retry ${decision.retry} after ${ms(decision.delayMs)}`
    case 'shadow':
      return `in shadow, so not done: ${decision.act}`
    case 'retry-budget':
      return `retry budget ${decision.isAdmitted ? 'pays' : 'refuses'}`
  }
}

function candidates(all: readonly ExplainedCandidate[]): string {
  const shown = all.slice(0, MOST_CANDIDATES).map(({ id, isEligible, inFlight, costMs, failedForMs, circuit }) => {
    const marks = [
      `${inFlight} under way`,
      costMs === undefined ? 'no answer yet' : `cost ${ms(costMs)}`,
      ...(failedForMs === undefined ? [] : ['failed lately']),
      ...(isEligible ? [] : ['not eligible']),
      ...(circuit === undefined || circuit === 'closed' ? [] : [`circuit ${circuit}`]),
    ]
    return `${id} (${marks.join(', ')})`
  })
  const more = all.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function attempts(count: number): string {
  return count === 1 ? '1 attempt' : `${count} attempts`
}

function stopped(retryStopped: string | undefined): string {
  return retryStopped === undefined ? '' : `, no more of them: ${retryStopped}`
}

function ms(value: number): string {
  return `${round(value)} ms`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
