/** A breaker that looks like one and never opens. */
import { durationText } from '../options/duration.ts'
import { acting } from './lint-calls.ts'
import type { Finding } from './lint-finding.ts'
import type { CallRule } from './lint-rule.ts'

/**
 * A ratio is judged from `minimumCalls` in the window on, and a rate limit bounds how many can be there: what it holds
 * after idleness, and its rate for the window and for as long as an attempt may take (it counts when it ends). What ends
 * at a timeout is a failure, so that nobody is ever slow above it.
 */
export const inertBreaker: CallRule = (call) => {
  const { circuitBreaker, rateLimit } = call.policy
  const breaker = acting(circuitBreaker)
  if (breaker === undefined) return []
  const findings: Finding[] = []
  const { consecutiveFailures, quorum, minimumCalls, windowMs, slowCall } = breaker
  const limit = acting(rateLimit)
  const byKey = limit?.maxKeys !== undefined
  if (limit !== undefined && !byKey && consecutiveFailures === undefined && quorum === undefined) {
    const { rate, burst } = limit
    const most = Math.floor(burst + (rate * (windowMs + (call.attemptMs?.ms ?? 0))) / 1000)
    if (most < minimumCalls) {
      const problem =
        `circuitBreaker never opens: it judges from minimumCalls ${minimumCalls} on, and rateLimit lets at most ${most} ` +
        `through in a window of ${durationText(windowMs)} (burst ${burst}, ${rate} a second); ` +
        `write minimumCalls ${Math.max(1, Math.floor(most / 2))}, or a longer window`
      findings.push(call.finding('inert-breaker', 'circuitBreaker.minimumCalls', problem))
    }
  }
  const { attemptMs } = call
  if (slowCall !== undefined && attemptMs !== undefined && slowCall.overMs >= attemptMs.ms) {
    const ms = attemptMs.ms
    const problem =
      `no answer is ever slow: slowCall.over is ${durationText(slowCall.overMs)}, and ${attemptMs.option} ends every ` +
      `attempt after ${durationText(ms)}; write over below that, as ${durationText(Math.max(1, Math.floor(ms / 2)))}`
    findings.push(call.finding('inert-breaker', 'circuitBreaker.slowCall.over', problem))
  }
  return findings
}
