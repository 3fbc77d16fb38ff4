// The code of docs/guides/from-opossum.md, run.
//
//   pnpm example from-opossum
import assert from 'node:assert/strict'
import { isDeadlineExceededError, isRejectedError, policy } from '@seakeep/core'

async function fetchStock(sku: string): Promise<{ sku: string; left: number }> {
  return { sku, left: 3 }
}

// new CircuitBreaker(fetchStock, options).fire(sku)
const stock = policy({
  name: 'stock',
  timeout: '10s',
  circuitBreaker: { failureRatio: 0.5, window: '10s', minimumCalls: 20, openFor: '30s', halfOpenProbes: 1 },
})
const stockOf = stock.wrap(fetchStock)
assert.deepEqual(await stockOf('A-1'), { sku: 'A-1', left: 3 })

// timeout
const slow = policy({ name: 'slow', timeout: '20ms' })
const aborted: boolean[] = []
const late = slow.execute(({ signal }) => {
  signal.addEventListener('abort', () => aborted.push(signal.aborted))
  return new Promise(() => {})
})
assert(isDeadlineExceededError(await late.catch((error: unknown) => error)))
assert.deepEqual(aborted, [true])

// capacity
const few = policy({ name: 'few', concurrency: { limit: 1 } })
const first = few.execute(() => new Promise<string>((done) => setImmediate(done, 'first')))
const second = await few.execute(() => 'second').catch((error: unknown) => error)
assert(isRejectedError(second) && second.reason === 'concurrency')
assert.equal(await first, 'first')

// errorFilter
const picky = policy({
  name: 'picky',
  circuitBreaker: { minimumCalls: 1 },
  classify: ({ error }) =>
    error === undefined ? 'success' : (error as Error).name === 'NotFound' ? 'ignored' : 'failure',
})
await picky.execute(() => Promise.reject(Object.assign(new Error(), { name: 'NotFound' }))).catch(() => {})
assert.equal(picky.state.value.breaker, 'closed')

// fallback
const safe = policy({ name: 'safe', circuitBreaker: true, fallback: () => ({ sku: 'A-1', left: 0 }) })
assert.deepEqual(await safe.execute(() => Promise.reject(new Error('down'))), { sku: 'A-1', left: 0 })

// cache, coalesce
let reads = 0
const cached = policy({ name: 'cached', cache: { ttl: '30s', maxEntries: 1000 }, coalesce: true })
const read = (sku: string) => cached.execute(() => ({ sku, read: ++reads }), { cacheKey: sku, coalesceKey: sku })
await Promise.all([read('A-1'), read('A-1')])
assert.deepEqual(await read('A-1'), { sku: 'A-1', read: 1 })

// a breaker for each tenant
const tenants = policy({ name: 'tenants', circuitBreaker: { consecutiveFailures: 1 }, maxKeys: 5000 })
await tenants.execute(() => Promise.reject(new Error('down')), { key: 'acme' }).catch(() => {})
assert.equal(tenants.for('acme').state.value.breaker, 'open')
assert.equal(tenants.for('initech').state.value.breaker, 'closed')

// events
const told: string[] = []
picky.events$.subscribe((event) => told.push(event.type))
await picky.execute(() => Promise.reject(new Error('down'))).catch(() => {})
assert.deepEqual(told, ['circuitOpened'])

console.log('every snippet of docs/guides/from-opossum.md does what it says')
