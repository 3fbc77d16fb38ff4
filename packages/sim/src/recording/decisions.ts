/**
 * What the pipeline decided of a call, in words: whom it could have picked, circuits, permits, tokens, the budget. That it
 * was sent and how it ended is the story's own, and a closed circuit or a token that was there is not worth a line.
 */
import type { Decision, ExplainedCandidate } from '@seakeep/core'
import { lengthOfTime, percent } from '../reporting/figures.ts'
import type { CallStory } from './call-story.ts'

export interface DecidedStep {
  readonly atUs: number
  /** How many attempts had been sent before. */
  readonly after: number
  /** `pick`, `breaker`, `throttle`, `rate limit`, `permit`, `line`, `budget`. */
  readonly what: string
  readonly said: string
  readonly isBad: boolean
}

/** In the order they were taken; empty for a call nobody had explained. */
export function decidedSteps({ explain, clockAheadUs }: CallStory): readonly DecidedStep[] {
  const steps: DecidedStep[] = []
  let after = 0
  for (const decision of explain?.().decisions ?? []) {
    if (decision.step === 'sent') after += 1
    const said = sayingOf(decision)
    if (said === undefined) continue
    const [what, text, isBad = false] = said
    steps.push({ atUs: Math.round(decision.atMs * 1000 - clockAheadUs), after, what, said: text, isBad })
  }
  return steps
}

type Saying = readonly [what: string, said: string, isBad?: boolean]

function sayingOf(decision: Decision): Saying | undefined {
  switch (decision.step) {
    case 'breaker': {
      const whose = decision.endpoint === undefined ? '' : `of ${decision.endpoint} `
      if (!decision.isAdmitted) return ['breaker', `${whose}refuses, ${decision.state}: ${decision.why}`, true]
      return decision.state === 'closed' ? undefined : ['breaker', `${whose}lets it through, ${decision.state}`]
    }
    case 'throttle': {
      const share = percent(decision.refusalRatio)
      return decision.isAdmitted
        ? ['throttle', `lets it through, while ${share} are refused`]
        : ['throttle', `refuses, as it does ${share}`, true]
    }
    case 'pick':
      return picked(decision)
    case 'rate-limit':
      if (decision.isAdmitted) return undefined
      return ['rate limit', `no token for ${lengthOfTime(decision.retryAfterMs)}`, true]
    case 'concurrency': {
      const { isAdmitted, inFlight, limit, queued } = decision
      const line = queued === 0 ? '' : `, ${queued} in line`
      const text = `${inFlight} of ${Math.floor(limit)} under way${line}`
      return ['permit', isAdmitted ? text : `none: ${text}`, !isAdmitted]
    }
    case 'line':
      return decision.isAdmitted
        ? ['line', `waits for a permit, ${decision.queued} in line`]
        : ['line', 'full, no permit will come', true]
    case 'retry-budget':
      return decision.isAdmitted ? ['budget', 'pays for a retry'] : ['budget', 'is empty: no retry', true]
    default:
      return undefined
  }
}

/** Candidates that are named beside the one that was picked; the rest is counted. */
const MOST_OTHERS = 2

/** Where there was a choice, or nobody to choose. */
function picked({ endpoint, candidates }: Decision & { readonly step: 'pick' }): Saying | undefined {
  if (endpoint === undefined) return ['pick', `nobody among ${candidates.length} endpoints`, true]
  const others = candidates.filter(({ id }) => id !== endpoint)
  if (others.length === 0) return undefined
  const chosen = candidates.filter(({ id }) => id === endpoint).map(candidate)
  const named = others.slice(0, MOST_OTHERS).map(candidate)
  const more = others.length - named.length
  return ['pick', `${chosen.join('')} over ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`]
}

/** `db#2 (24ms, 3 calls)`: its latency as the balancer knows it, if it asks for one, and calls under way. */
function candidate({ id, isEligible, inFlight, costMs, failedForMs, circuit }: ExplainedCandidate): string {
  const marks = [
    ...(costMs === undefined ? [] : [lengthOfTime(costMs)]),
    `${inFlight} ${inFlight === 1 ? 'call' : 'calls'}`,
    ...(failedForMs === undefined ? [] : ['failed']),
    ...(isEligible ? [] : ['not eligible']),
    ...(circuit === undefined || circuit === 'closed' ? [] : [circuit]),
  ]
  return `${id} (${marks.join(', ')})`
}
