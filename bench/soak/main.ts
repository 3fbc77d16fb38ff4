// `pnpm soak [--minutes N]`: one runtime, all policies on, endpoints that come and go, calls that fail, hang and are
// aborted. Prints a line a minute; exits 1 with the reasons when the heap grows, a timer outlives `close()`, a rejection is
// nobody's, or a call does not end exactly once.
import { parseArgs } from 'node:util'
import type { PolicyLayers } from '@seakeep/core'
import { assembleRuntime, MemoryRegistry, parsePolicyDocument, realClock } from '@seakeep/core/spi'
import { MemoryTransport } from '@seakeep/core/testing'
import { heapBytes } from '../heap.ts'
import { portsOf } from '../ports.ts'
import { Accounts } from './accounts.ts'
import { CountedClock } from './counted-clock.ts'
import { Fleet } from './fleet.ts'
import { Load } from './load.ts'
import { growthOf, isLeaking, MOST_GROWTH, type Sample } from './trend.ts'

const ENDPOINTS = 200
const SERVICES = ['orders', 'carts', 'mails'] as const
const BURST_MS = 20
const BURST = 15
/** Now and then all come at once, and limits refuse. */
const STAMPEDE = 400
const STAMPEDE_MS = 3_000
const STRIKE_MS = 15_000
const STEP_MS = 100
const RELOAD_MS = 7_000
const ABORT_MS = 1_000
const SAMPLE_MS = 2_500
const MINUTE_MS = 60_000
/** What is under way when the runtime is closed has ended by then: every policy has a timeout. */
const SETTLE_MS = 5_000

/** A soak in which these never happen tries too little. */
const MUST_HAPPEN = [
  'circuitOpened',
  'circuitHalfOpened',
  'endpointEjected',
  'endpointFailedChecks',
  'endpointRecovered',
]

const EVERYTHING = {
  timeout: '400ms',
  retry: { maxAttempts: 3, attemptTimeout: '100ms', budget: { ratio: 0.2 } },
  hedge: { percentile: 0.9 },
  circuitBreaker: { window: '2s', openFor: '500ms', maxOpenFor: '2s', slowCall: { over: '80ms', ratio: 0.9 } },
  throttle: { window: '5s' },
  outlier: { consecutiveFailures: 5 },
  health: { http: '/readyz', interval: '500ms', timeout: '100ms' },
} satisfies PolicyLayers

function documentWith(timeout: string): ReturnType<typeof parsePolicyDocument> {
  return parsePolicyDocument({
    version: 1,
    targets: {
      '*': { ...EVERYTHING, timeout },
      orders: {
        loadBalancing: { algorithm: 'p2c-ewma', slowStart: true, zoneAware: true },
        concurrency: { algorithm: 'gradient', max: 256, queue: 64, discipline: 'lifo' },
        rateLimit: { rate: 5000 },
      },
      carts: {
        loadBalancing: { algorithm: 'ring-hash', hashBalance: 1.5 },
        concurrency: { algorithm: 'vegas', queue: 32, discipline: 'codel' },
        rateLimit: { rate: 5, burst: 10, by: 'key', maxKeys: 500 },
      },
      mails: {
        loadBalancing: 'least-request',
        concurrency: { algorithm: 'aimd', max: 128, queue: 32, discipline: 'priority' },
        rateLimit: { rate: 5000, algorithm: 'sliding-window' },
      },
      'mails/POST /items': { retry: { maxAttempts: 2 }, timeout: '200ms' },
    },
  })
}

function readMinutes(): number {
  try {
    const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } })
    const minutes = Number(values.minutes)
    if (minutes >= 1) return minutes
    console.error(`--minutes ${values.minutes} is no number of at least 1.`)
  } catch (error) {
    console.error((error as Error).message)
  }
  console.error('usage: pnpm soak [--minutes N]')
  process.exit(2)
}

const minutes = readMinutes()
const accounts = new Accounts()
process.on('unhandledRejection', (reason) => accounts.fault(`a rejection was nobody's: ${String(reason)}`))
process.on('uncaughtException', (error) => accounts.fault(`thrown to the process: ${error.stack}`))
process.on('warning', (warning) => accounts.fault(`the process warned: ${warning.message}`))

const machine = realClock()
const clock = new CountedClock(machine)
const registry = new MemoryRegistry(clock)
const transport = new MemoryTransport(clock)
const fleet = new Fleet(SERVICES, ENDPOINTS, registry, transport, machine)
const runtime = assembleRuntime(
  { service: 'soak', zone: 'zone-0', policies: documentWith('400ms') },
  { ...portsOf(clock, registry, [transport]), events: { emit: ({ type }) => accounts.count(type) } },
)
const { health: _health, outlier: _outlier, ...guarding } = EVERYTHING
const guard = { ...guarding, concurrency: { limit: 8, queue: 8 }, rateLimit: { rate: 100, burst: 100 }, fallback }
const policies = [
  runtime.policy({ name: 'kept', ...guard }),
  // Forgets a key with nearly every call, often while its circuit is open.
  runtime.policy({
    name: 'forgetful',
    ...guard,
    circuitBreaker: { consecutiveFailures: 1, openFor: '5s' },
    maxKeys: 100,
  }),
]
const load = new Load(runtime, SERVICES, policies, accounts)

function fallback({ error }: { readonly error: unknown }): unknown {
  if (Math.random() < 0.5) throw error
  return 'instead'
}

const samples: Sample[] = []
const startMs = machine.now()

function sample(): void {
  samples.push({ atMs: machine.now() - startMs, bytes: heapBytes() })
}

function printLine(): void {
  const heap = ((samples.at(-1)?.bytes ?? heapBytes()) / 2 ** 20).toFixed(1)
  const minute = ((machine.now() - startMs) / MINUTE_MS).toFixed(1)
  const cells = [`${minute} min`, `${accounts.calls} calls`, `${accounts.open} open`, `heap ${heap} MiB`]
  console.log([...cells, `${clock.live} timers`, `${fleet.size} endpoints`].join('  '))
}

let isReloaded = false
const loops = [
  setInterval(() => load.burst(BURST), BURST_MS),
  setInterval(() => load.burst(STAMPEDE), STAMPEDE_MS),
  setInterval(() => fleet.step(), STEP_MS),
  setInterval(() => fleet.strike(), STRIKE_MS),
  setInterval(() => load.abortShared(), ABORT_MS),
  setInterval(() => {
    isReloaded = !isReloaded
    runtime.applyPolicies(documentWith(isReloaded ? '300ms' : '400ms'))
  }, RELOAD_MS),
  setInterval(sample, SAMPLE_MS),
  setInterval(printLine, MINUTE_MS),
]

/** The most frequent first. */
function listed(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ')
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

await pass(minutes * MINUTE_MS)
for (const loop of loops) clearInterval(loop)
printLine()
// Closed with calls under way.
load.burst(BURST)
await runtime.close()
const closedWith = clock.live
for (let waited = 0; accounts.open > 0 && waited < SETTLE_MS; waited += 100) await pass(100)

console.log(`endings: ${listed(accounts.endings)}`)
console.log(`events: ${listed(accounts.events)}`)
const growth = growthOf(samples)
const percent = (part: number): string => `${(part * 100).toFixed(2)} %`
console.log(`heap: ${percent(growth.perMinute)} ± ${percent(2 * growth.error)} a minute over the second half`)
console.log(`timers: ${closedWith} when it had closed, ${clock.live} when every call had ended`)

const reasons = [...accounts.faults]
for (const type of MUST_HAPPEN)
  if (!accounts.events.has(type)) reasons.push(`${type} never happened: nothing was tried`)
if (isLeaking(growth)) reasons.push(`the heap grows by ${percent(growth.perMinute)} a minute (at most ${MOST_GROWTH})`)
if (clock.live > 0) reasons.push(`${clock.live} timers outlived close()`)
if (accounts.open > 0) reasons.push(`${accounts.open} of ${accounts.calls} calls did not end`)
for (const reason of reasons) console.log(`failed: ${reason}`)
if (reasons.length === 0) console.log('good')
process.exit(reasons.length === 0 ? 0 : 1)
