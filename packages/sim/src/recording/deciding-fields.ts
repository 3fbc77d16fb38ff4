/** The lines of the policy document that decided how a call went. */
import { type EffectiveField, effectivePolicy, type PolicyDocument } from '@seakeep/core/spi'
import type { AttemptStory, CallStory } from './call-story.ts'
import type { DecidingField } from './run-detail.ts'

/** Of the call and all that was made for it, each once. */
export function decidingFields(story: CallStory, policies: PolicyDocument | undefined): readonly DecidingField[] {
  if (policies === undefined) return []
  const found = new Map<string, DecidingField>()
  collect(story, policies, found)
  return [...found.values()]
}

function collect(story: CallStory, policies: PolicyDocument, found: Map<string, DecidingField>): void {
  const { service, method, attempts } = story
  const from = story.caller.split('#')[0]?.split('/').at(-1) ?? ''
  const paths = pathsOf(story)
  const fields = paths.length === 0 ? [] : effectivePolicy(policies, { from, to: service, method })
  for (const field of fields) {
    if (!paths.includes(field.path)) continue
    const edge = `${from}>${service}`
    found.set(`${edge} ${field.path}`, { edge, path: field.path, value: field.text, written: writtenOf(field) })
  }
  for (const { calls } of attempts) for (const call of calls) collect(call, policies, found)
}

function pathsOf(story: CallStory): readonly string[] {
  const paths = new Set<string>()
  const { ending, retryStopped, attempts, isOverdue } = story
  if (attempts.some(isTimedOut)) paths.add('retry.attemptTimeout')
  if (isOverdue) paths.add('timeout')
  if (retryStopped === 'attempts') paths.add('retry.maxAttempts')
  if (retryStopped === 'deadline') paths.add('timeout').add('retry.backoff.initial')
  if (retryStopped === 'retry-budget') paths.add('retry.budget.ratio').add('retry.budget.minPerSecond')
  for (const path of BY_REFUSAL[ending] ?? []) paths.add(path)
  return [...paths]
}

const BY_REFUSAL: Readonly<Record<string, readonly string[]>> = {
  'circuit-open': [
    'circuitBreaker.failureRatio',
    'circuitBreaker.window',
    'circuitBreaker.minimumCalls',
    'circuitBreaker.openFor',
  ],
  concurrency: ['concurrency.limit', 'concurrency.queue', 'concurrency.max', 'concurrency.algorithm'],
  'rate-limited': ['rateLimit.rate', 'rateLimit.burst'],
}

function isTimedOut({ ending }: AttemptStory): boolean {
  return ending === 'timeout'
}

function writtenOf({ place }: EffectiveField): string {
  return place === undefined ? 'default' : (place.position ?? place.path)
}
