/** Retries and copies that are too many, or none. */
import { durationText } from '../options/duration.ts'
import { acting, type LintedCall } from './lint-calls.ts'
import type { CallRule } from './lint-rule.ts'

/** Verbs whose repetition does no harm by themselves (RFC 9110 9.2.2); what is no verb is another protocol's. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', '*'])

export const noBudget: CallRule = (call) => {
  const { retry } = call.policy
  if (retry === undefined || retry.maxAttempts === 1 || retry.budget !== undefined) return []
  const { maxAttempts } = retry
  const problem =
    `retries without a budget: while the target fails every call becomes ${maxAttempts} attempts, ${maxAttempts} times ` +
    'the load; leave budget out for the default, 20 % of the calls and 10 a second'
  return [call.finding('no-budget', 'retry.budget', problem)]
}

export const inertRetry: CallRule = (call) => {
  const { retry } = call.policy
  const budget = retry?.budget
  if (retry === undefined || retry.maxAttempts === 1 || budget === undefined || budget.algorithm !== undefined)
    return []
  if (budget.ratio > 0 || budget.minPerSecond > 0) return []
  const problem = 'a budget of ratio 0 and minPerSecond 0 grants no retry; write a ratio, as 20 %, or retry: false'
  return [call.finding('inert-retry', 'retry.budget', problem)]
}

/** Written for an unsafe method a retry is a mistake; coming from a wider target it is how the method behaves. */
export const unsafeRetry: CallRule = (call) => {
  const verb = unsafeVerb(call)
  const { retry } = call.policy
  if (verb === undefined || retry === undefined || retry.maxAttempts === 1) return []
  if (call.placeOf('retry.requireIdempotencyKey').path.endsWith('.requireIdempotencyKey')) return []
  const isOwn = isOwnOf(call, 'retry')
  const problem =
    `${verb} is not idempotent: without an Idempotency-Key only what was not sent is tried again, and with one it is sent ` +
    `up to ${retry.maxAttempts} times; ${isOwn ? 'take retry out' : 'write retry: false'}, or have callers send the key`
  return [call.finding('unsafe-retry', 'retry', problem, isOwn ? 'warning' : 'note')]
}

export const unsafeHedge: CallRule = (call) => {
  const verb = unsafeVerb(call)
  if (verb === undefined || call.policy.hedge === undefined || !isOwnOf(call, 'hedge')) return []
  const problem =
    `${verb} is not idempotent: without an Idempotency-Key no copy is ever sent, and with one it is sent twice; ` +
    'write hedge: false, or have callers send the key'
  return [call.finding('unsafe-hedge', 'hedge', problem)]
}

export const inertHedge: CallRule = (call) => {
  const hedge = acting(call.policy.hedge)
  if (hedge === undefined) return []
  if (hedge.maxExtraLoad === 0) {
    const problem = 'a share of 0 sends no copy; write maxExtraLoad 0.05, or hedge: false'
    return [call.finding('inert-hedge', 'hedge.maxExtraLoad', problem)]
  }
  const { attemptMs } = call
  const option = hedge.delayMs === undefined ? 'minDelay' : 'delay'
  const delayMs = hedge.delayMs ?? hedge.minDelayMs
  if (attemptMs === undefined) return []
  // At the call's deadline no copy begins any more; at the attempt's it may be the one or the other.
  if (attemptMs.option === 'timeout' ? delayMs < attemptMs.ms : delayMs <= attemptMs.ms) return []
  const problem =
    `no copy is ever sent: hedge.${option} is ${durationText(delayMs)}, and ${attemptMs.option} ends the attempt after ` +
    `${durationText(attemptMs.ms)}; write ${option} below that, as ${durationText(Math.max(1, Math.floor(attemptMs.ms / 2)))}`
  return [call.finding('inert-hedge', `hedge.${option}`, problem)]
}

/** The verb that the call's own target names, where repeating it may do something twice. */
function unsafeVerb(call: LintedCall): string | undefined {
  const { method, targets } = call
  const verb = method?.split(' ')[0]
  if (method === undefined || verb === undefined || !method.includes(' ') || IDEMPOTENT.has(verb)) return undefined
  return targets.some(({ key }) => key.method !== undefined && key.text.includes(`/${verb} `)) ? verb : undefined
}

/** True where the last word on a layer, or on a part of it, stands in a target that names a method. */
function isOwnOf({ targets }: LintedCall, layer: string): boolean {
  const saying = targets.filter(({ written }) => written.some(({ layers }) => layers[layer] !== undefined))
  return saying.at(-1)?.key.method !== undefined
}
