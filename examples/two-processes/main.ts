// Two real server processes and a client that keeps its goodput while one of them is made slow, and then killed.
//
//   pnpm example two-processes            with policies: asserts a goodput of 99 % in every phase
//   pnpm example two-processes --bare     without any: shows what the same load then goes through
//
// 200 requests a second for 9 s, each of which its user waits 1 s for. The servers work 10 ms on a request; in the
// second phase the second server takes 3 s, in the third it is gone (SIGKILL), while the registry goes on listing it.
// Ejections are short here (1 s), so that it is tried again and found wanting in either phase.
import { createRuntime, type Instance, memoryRegistry } from '@seakeep/core'
import { http } from '@seakeep/transport-http'
import { PhaseFigures, printTable } from './figures.ts'
import { offerLoad } from './load.ts'
import { startServer, stopServers } from './servers.ts'

const RATE = 200
const PHASE_MS = 3000
const DEADLINE_MS = 1000
const MIN_GOODPUT = 0.99

const policies = {
  version: 1,
  targets: {
    quotes: {
      timeout: DEADLINE_MS,
      retry: { maxAttempts: 3, attemptTimeout: '250ms', backoff: { initial: '10ms', max: '50ms' } },
      circuitBreaker: { minimumCalls: 20, openFor: '5s' },
      loadBalancing: 'p2c-ewma',
      outlier: { consecutiveFailures: 5, maxEjected: '50%', baseEjection: '1s' },
    },
  },
}

const isBare = process.argv.includes('--bare')
const servers = [await startServer('quotes#1'), await startServer('quotes#2')] as const
try {
  const instances = servers.map(
    ({ name, port }): Instance => ({
      id: name,
      service: 'quotes',
      address: { host: '127.0.0.1', port },
      protocol: 'http',
      weight: 1,
    }),
  )
  await using rt = await createRuntime({
    service: 'shop',
    ...(isBare ? {} : { policies }),
    modules: [http(), memoryRegistry({ instances })],
  })
  using _ = said(rt.events$)
  const quotes = rt.client('quotes')
  const call = () => quotes.call({ method: 'GET /quote' })
  await call()

  const phases = [
    { name: 'healthy', begin: async () => {} },
    { name: 'slow', begin: () => servers[1].setWork(3000) },
    { name: 'killed', begin: async () => servers[1].kill() },
  ]
  const figures: PhaseFigures[] = []
  const ended: Promise<unknown>[] = []
  for (const phase of phases) {
    await phase.begin()
    const one = new PhaseFigures(phase.name, DEADLINE_MS)
    figures.push(one)
    const load = await offerLoad({ rate: RATE, forMs: PHASE_MS }, () => one.measure(call))
    ended.push(load.ended)
  }
  await Promise.all(ended)
  printTable(
    figures,
    servers.map(({ name }) => name),
  )
  if (!isBare) {
    const missed = figures.filter(({ goodput }) => goodput < MIN_GOODPUT)
    for (const { name, goodput } of missed) console.error(`the goodput of phase '${name}' is ${goodput}, below 0.99`)
    if (missed.length > 0) process.exitCode = 1
    else console.log(`\nThe goodput stayed at ${MIN_GOODPUT * 100} % or above in every phase.`)
  }
} finally {
  stopServers()
}

/** Prints what governance decides, as it happens. */
function said(events$: Awaited<ReturnType<typeof createRuntime>>['events$']): Disposable {
  const begin = performance.now()
  const subscription = events$.subscribe((event) => {
    const endpoint = 'endpoint' in event ? event.endpoint : undefined
    if (endpoint === undefined || !('why' in event)) return
    console.log(`  ${((performance.now() - begin) / 1000).toFixed(1)} s  ${event.type} ${endpoint}: ${event.why}`)
  })
  return { [Symbol.dispose]: () => subscription.unsubscribe() }
}
