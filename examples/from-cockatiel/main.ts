// The code of docs/guides/from-cockatiel.md, run.
//
//   pnpm example from-cockatiel
import assert from 'node:assert/strict'
import { type Classifier, isRejectedError, policy } from '@seakeep/core'

let failures = 2
async function readUser(id: string): Promise<string> {
  if (failures-- > 0) throw new Error('connection reset')
  return `user ${id}`
}

// wrap(retry, breaker, timeout, bulkhead)
const users = policy({
  name: 'users',
  retry: { maxAttempts: 4, attemptTimeout: '1s', backoff: { initial: '1ms', max: '10ms' } },
  circuitBreaker: { failureRatio: 0.5, window: '10s', minimumCalls: 20, openFor: '5s' },
  concurrency: { limit: 64, queue: 16 },
})
const user = await users.execute(({ signal, attempt }) => readUser(`7 at attempt ${attempt} ${signal.aborted}`))
assert.equal(user, 'user 7 at attempt 3 false')

// ConsecutiveBreaker
const dead = policy({
  name: 'dead',
  circuitBreaker: { failureRatio: false, consecutiveFailures: 5, openFor: '10s' },
})
for (let i = 0; i < 5; i++) await dead.execute(() => Promise.reject(new Error('down'))).catch(() => {})
const refused = await dead.execute(() => 'never run').catch((error: unknown) => error)
assert(isRejectedError(refused) && refused.reason === 'circuit-open')

// CountBreaker
const counted = policy({
  name: 'counted',
  circuitBreaker: { failureRatio: 0.2, windowCalls: 100, minimumCalls: 100, openFor: '5s', halfOpenProbes: 1 },
})
assert.equal(counted.state.value.breaker, 'closed')

// handleType, handleWhenResult
const onlyResets: Classifier = ({ error, value }) => {
  if (error !== undefined) return (error as Error).message === 'connection reset' ? 'failure' : 'ignored'
  return (value as { ok?: boolean } | undefined)?.ok === false ? 'failure' : 'success'
}
const filtered = policy({ name: 'filtered', retry: { backoff: { initial: 0, max: 0 } }, classify: onlyResets })
let runs = 0
await filtered.execute(() => Promise.reject(new Error(`not found ${++runs}`))).catch(() => {})
assert.equal(runs, 1)

// timeout(ms, Cooperative | Aggressive)
const bounded = policy({ name: 'bounded', timeout: '20ms' })
const late = await bounded.execute(() => new Promise(() => {})).catch((error: Error) => error.name)
assert.equal(late, 'DeadlineExceededError')

// fallback
const quotes = policy({ name: 'quotes', fallback: ({ error }) => `the last one, since ${(error as Error).message}` })
assert.equal(await quotes.execute(() => Promise.reject(new Error('down'))), 'the last one, since down')

// noop
const noop = policy({ name: 'noop', retry: false })
assert.equal(await noop.execute(() => 42), 42)

// events, state
const seen: string[] = []
dead.events$.subscribe((event) => seen.push(event.type))
dead.state.changes$.subscribe(({ breaker }) => seen.push(breaker))
dead.update({ circuitBreaker: { consecutiveFailures: 10, failureRatio: false } })
assert.equal(dead.state.value.breaker, 'open')
assert.deepEqual(seen, ['policyApplied'])

console.log('every snippet of docs/guides/from-cockatiel.md does what it says')
