// Three real server processes that register themselves, and a client that finds them and keeps its goodput while one is
// killed, one stands still, and the registry itself is killed and comes back.
//
//   pnpm example discovery                      the registry is in the client's memory; needs nothing
//   pnpm example discovery --registry consul    a real Consul (found or fetched), killed and restarted on the way
//   pnpm example discovery --registry etcd      the same with a real etcd
//
// 200 calls a second, each of which its user waits a second for. Asserted: a goodput of 99.9 % over all of it, and that
// whoever comes or says goodbye is seen by the client within a second of the registry's knowing it. Who is killed says no
// goodbye: the registry lists it until its lease has run out, and it is the client's own judgement that leaves it alone.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createRuntime } from '@seakeep/core'
import { http } from '@seakeep/transport-http'
import { Load } from './load.ts'
import { isRegistryKind, moduleFor, startRegistry } from './registries.ts'
import { type ServerProcess, startServer, stopServers } from './servers.ts'
import { tellOf } from './story.ts'

const RATE = 200
const DEADLINE_MS = 1000
const MIN_GOODPUT = 0.999
const MAX_SEEN_MS = 1000

const policies = {
  version: 1,
  targets: {
    quotes: {
      timeout: DEADLINE_MS,
      retry: { maxAttempts: 3, attemptTimeout: '400ms', backoff: { initial: '10ms', max: '50ms' } },
      loadBalancing: 'p2c-ewma',
      outlier: { consecutiveFailures: 5, maxEjected: '50%', baseEjection: '2s' },
    },
  },
}

const { registry: kind } = parseArgs({ options: { registry: { type: 'string', default: 'memory' } } }).values
if (!isRegistryKind(kind)) {
  console.error(`There is no registry '${kind}'; there is: memory, consul, etcd.`)
  process.exit(2)
}

const wrong: string[] = []
const registry = await startRegistry(kind)
try {
  const address = { kind, ...(registry === undefined ? {} : { address: registry.address }) }
  const start = (number: number): ServerProcess => startServer(`quotes-${number}`, address)
  const [first, second, third] = [start(1), start(2), start(3)] as const
  await Promise.all([first, second, third].map(({ registered }) => registered))

  await using rt = await createRuntime({ service: 'shop', policies, modules: [http(), moduleFor(address)] })
  const story = tellOf(rt.events$)
  const endpoints = rt.endpoints('quotes')
  /** Resolves to when the client has it so in its list, or knows it no more. */
  const seen = async (id: string, isThere: boolean): Promise<number> => {
    const isSo = (): boolean => endpoints.value.endpoints.some((one) => one.id === id) === isThere
    for (const endMs = performance.now() + 15_000; !isSo(); await sleep(5)) {
      if (performance.now() > endMs) throw new Error(`the client never saw that ${id} ${isThere ? 'came' : 'went'}`)
    }
    return performance.now()
  }
  const judge = (what: string, tookMs: number): void => {
    story.tell(`${what}: seen after ${Math.max(0, Math.round(tookMs))} ms`)
    if (tookMs > MAX_SEEN_MS) wrong.push(`${what} was seen after ${Math.round(tookMs)} ms only`)
  }
  const comes = async (server: ServerProcess): Promise<void> => {
    const [seenMs, registeredMs] = await Promise.all([seen(server.id, true), server.registered])
    judge(`${server.id} has registered`, seenMs - registeredMs)
  }

  await Promise.all([first, second, third].map(({ id }) => seen(id, true)))
  const quotes = rt.client('quotes')
  const load = new Load(RATE, DEADLINE_MS, () => quotes.call({ method: 'GET /quote' }))
  story.tell(`${RATE} calls a second begin`)
  await sleep(1000)

  story.tell('quotes-2 is killed (SIGKILL), and quotes-4 is started in its place')
  second.signal('SIGKILL')
  await comes(start(4))
  await sleep(1500)

  story.tell('quotes-3 stands still for three seconds (SIGSTOP)')
  third.signal('SIGSTOP')
  await sleep(3000)
  third.signal('SIGCONT')
  story.tell('quotes-3 goes on')
  await sleep(1000)

  if (registry === undefined) story.tell('a registry in memory is not restarted: it is this process')
  else {
    story.tell(`${kind} is killed (SIGKILL), and quotes-5 is started, which nobody can be told`)
    await registry.kill()
    const fifth = start(5)
    await sleep(1500)
    await registry.restart()
    story.tell(`${kind} is back`)
    await comes(fifth)
  }
  await sleep(1000)

  story.tell('quotes-1 is asked to end (SIGTERM)')
  const askedMs = performance.now()
  first.signal('SIGTERM')
  judge('quotes-1 has said goodbye', (await seen('quotes-1', false)) - askedMs)
  await sleep(1500)

  await load.end()
  const percent = (Math.floor(load.goodput * 10_000) / 100).toFixed(2)
  story.tell(`${load.offered} calls, goodput ${percent} %`)
  if (load.goodput < MIN_GOODPUT) wrong.push(`the goodput is ${percent} %, below ${MIN_GOODPUT * 100} %`)
} finally {
  await stopServers()
  await registry?.[Symbol.asyncDispose]()
}
for (const one of wrong) console.error(one)
if (wrong.length > 0) process.exitCode = 1
else console.log('\nThe goodput stayed at 99.9 % or above, and every change was seen within a second.')
