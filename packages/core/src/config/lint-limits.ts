/** Bounds that bound nothing, or take everything away. */
import { durationText } from '../options/duration.ts'
import type { CallRule, DocumentRule } from './lint-rule.ts'
import { placeOfLaid } from './overlay.ts'

const NO_LINE = 'concurrency.maxWait says nothing where nobody waits: queue is 0; write a queue, or take maxWait out'

export const inertWait: CallRule = (call) => {
  const { concurrency, timeoutMs } = call.policy
  const waitMs = concurrency?.maxWaitMs
  if (concurrency === undefined || waitMs === undefined) return []
  const path = 'concurrency.maxWait'
  if (concurrency.queue === 0) return [call.finding('inert-wait', path, NO_LINE)]
  if (timeoutMs === undefined || waitMs <= timeoutMs) return []
  const problem =
    `${path} ${durationText(waitMs)} is longer than timeout ${durationText(timeoutMs)}, which ends the wait first; ` +
    `write maxWait below ${durationText(timeoutMs)}, so that time is left for the call`
  return [call.finding('inert-wait', path, problem)]
}

/** What instances admit: of inbound policies. */
export const admissionRules: DocumentRule = (document) => {
  return [...document.written.inbound].flatMap(([service, laid]) => {
    const concurrency = document.inboundFor(service)?.concurrency
    if (concurrency === undefined || concurrency.maxWaitMs === undefined || concurrency.queue > 0) return []
    const place = placeOfLaid(laid).at('concurrency').at('maxWait')
    return [{ rule: 'inert-wait', level: 'warning', place, problem: NO_LINE, targets: [`inbound ${service}`] }]
  })
}

/** Whoever ejects all is left with nobody: then panic undoes it, which is a note, or calls have nowhere to go. */
export const ejectsAll: CallRule = (call) => {
  const { outlier, loadBalancing } = call.policy
  if (outlier === undefined || outlier.maxEjected < 1) return []
  const { panicThreshold } = loadBalancing
  const left = outlier.minHealthy
  if (panicThreshold > 0) {
    const share = 1 - panicThreshold
    const problem =
      `maxEjected 100 % ejects more than is ever left out: below panicThreshold ${percent(panicThreshold)} healthy ` +
      `endpoints ejections are ignored; write maxEjected ${percent(share)}`
    return [call.finding('ejects-all', 'outlier.maxEjected', problem, 'note')]
  }
  const who = left === 0 ? 'every endpoint, and calls are refused' : `all but ${left}, which then take all calls`
  const problem = `maxEjected 100 % without a panicThreshold ejects ${who}; write maxEjected 50 %, or a panicThreshold`
  return [call.finding('ejects-all', 'outlier.maxEjected', problem)]
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`
}
