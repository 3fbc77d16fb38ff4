// What an app outside the workspace writes. tools/pack-check/main.ts checks and runs it against the packed tarballs.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createRuntime, isRejectedError, memoryRegistry, policy } from '@seakeep/core'
import { ManualClock } from '@seakeep/core/testing'
import { at, defineScenario, exponential, poisson, type RunDocument, service, simulate } from '@seakeep/sim'
import { http } from '@seakeep/transport-http'

// A function, guarded.
const payments = policy({ name: 'payments', timeout: '2s', retry: true, circuitBreaker: { minimumCalls: 2 } })
assert.equal(await payments.execute(() => 42), 42)
for (let i = 0; i < 2; i++)
  await payments.execute(() => Promise.reject(new Error('down')), { idempotent: false }).catch(() => {})
const refused = await payments.execute(() => 1).catch((error: unknown) => error)
assert.ok(isRejectedError(refused) && refused.reason === 'circuit-open')
console.log(`  policy: ${payments.state.value.breaker} after two failures`)

// A service, called over real sockets.
const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end('{"hello":"world"}')
})
const port = await new Promise<number>((resolve) => {
  server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
})
{
  await using rt = await createRuntime({
    service: 'shop',
    policies: { version: 1, targets: { '*': { timeout: '2s', retry: true } } },
    modules: [
      http(),
      memoryRegistry({
        instances: [
          { id: 'hello#1', service: 'hello', address: { host: '127.0.0.1', port }, protocol: 'http', weight: 1 },
        ],
      }),
    ],
  })
  const answer = await rt.client('hello').call({ method: 'GET /' })
  assert.deepEqual([answer.status, answer.body], [200, { hello: 'world' }])
  console.log(`  runtime: ${answer.status} from ${rt.endpoints('hello').value.endpoints[0]?.id}`)
}
server.close()

// The same policies, simulated.
const run: RunDocument = await simulate(
  defineScenario({
    name: 'crash',
    duration: '20s',
    policies: { version: 1, targets: { '*': { timeout: '1s', retry: { attemptTimeout: '200ms' } } } },
    topology: { shop: service({ replicas: 3, concurrency: 8, work: exponential({ mean: '5ms' }) }) },
    workload: [poisson({ to: 'shop', rate: 200, deadline: '1s' })],
    faults: [at('8s').crash('shop#2', { restartAfter: '5s' })],
    thresholds: { 'shop.goodput': ['ratio>=0.99'] },
  }),
  { seed: 7 },
)
assert.equal(run.passed, true)
assert.match(run.traceHash, /^[0-9a-f]{16}$/)
console.log(`  simulation: goodput ${run.services.shop?.goodput} through a crash, trace ${run.traceHash}`)

// Time, by hand.
const clock = new ManualClock()
let fired = false
clock.schedule(5, { onTimer: () => (fired = true) })
clock.advance(5)
assert.ok(fired)
