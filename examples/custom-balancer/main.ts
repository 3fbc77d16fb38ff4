// A balancer and a limit algorithm of one's own, each brought by one binding of a module.
//
//   pnpm example custom-balancer
//
// `quotes` and `news` are served by the same three servers, under the same policy. The calls of `quotes` all go to the
// first server, and while that one fails to the second; those of `news` go round, as the policy says. The limit of
// `quotes` doubles with each second in which it was used.
import assert from 'node:assert/strict'
import { type Answer, createRuntime, memoryRegistry, type Runtime } from '@seakeep/core'
import { http } from '@seakeep/transport-http'
import { doublingLimit } from './doubling-limit.ts'
import { firstInLine } from './first-in-line.ts'
import { ExampleServer } from './servers.ts'

const policy = {
  timeout: '2s',
  loadBalancing: 'round-robin',
  retry: { maxAttempts: 2, backoff: { initial: '5ms', max: '5ms' } },
  circuitBreaker: { per: 'endpoint', consecutiveFailures: 3, openFor: '1m' },
  concurrency: { algorithm: 'aimd', initial: 4, min: 2, max: 12, queue: 100 },
}
const NAMES = ['server 1', 'server 2', 'server 3'] as const
const SAMPLE = 30

const servers = NAMES.map((name) => new ExampleServer(name))
try {
  const instances = await Promise.all(servers.map((server) => server.listen(['quotes', 'news'])))
  await using rt = await createRuntime({
    service: 'shop',
    policies: { version: 1, targets: { quotes: policy, news: policy } },
    modules: [http(), memoryRegistry({ instances: instances.flat() }), firstInLine, doublingLimit],
  })

  const round = await shares(rt, 'news')
  say('news, round-robin', round)
  assert.deepEqual(round, [10, 10, 10])

  const first = await shares(rt, 'quotes')
  say('quotes, first in line', first)
  assert.deepEqual(first, [SAMPLE, 0, 0])

  const [primary] = servers as [ExampleServer]
  primary.isFailing = true
  const second = await shares(rt, 'quotes')
  say('quotes, its first server fails', second)
  assert.deepEqual(second, [0, SAMPLE, 0])
  assert.equal(rt.breaker('quotes', primary.name).value, 'open')

  const limits = await limitsUnderLoad(rt)
  console.log(`${'limit of quotes under load'.padEnd(32)} ${limits.join(' → ')}`)
  assert.deepEqual(limits, [4, 8, 12])
  console.log('\nBoth parts were used, and nothing else changed.')
} finally {
  for (const server of servers) server.close()
}

/** Who answered so many calls, one after the other. */
async function shares(rt: Runtime, service: string): Promise<number[]> {
  const answers: Answer[] = []
  for (let i = 0; i < SAMPLE; i++) answers.push(await rt.client(service).call({ method: 'GET /' }))
  return NAMES.map((name) => answers.filter(({ body }) => (body as { server: string }).server === name).length)
}

/** Sixteen callers, each with one call after the other, until the limit stands at its bound. */
async function limitsUnderLoad(rt: Runtime): Promise<number[]> {
  const limiter = rt.limiter('quotes')
  const limits = [limiter.value.limit]
  const subscription = limiter.changes$.subscribe(({ limit }) => limits.push(limit))
  const untilMs = performance.now() + 10_000
  const caller = async (): Promise<void> => {
    while (limiter.value.limit < policy.concurrency.max && performance.now() < untilMs) {
      await rt.client('quotes').call({ method: 'GET /' })
    }
  }
  await Promise.all(Array.from({ length: 16 }, caller))
  subscription.unsubscribe()
  return limits
}

function say(what: string, counts: readonly number[]): void {
  console.log(`${what.padEnd(32)} ${NAMES.map((name, i) => `${name}: ${counts[i]}`).join('   ')}`)
}
