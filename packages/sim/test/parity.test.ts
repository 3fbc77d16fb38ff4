// What is simulated is what is shipped: a policy under ManualClock with a transport made of a script, and the same policy
// inside the simulator with servers that follow the script, decide the same, call by call and to the microsecond
// (oracle S5; "What must show" 6).
import { type GovernanceEvent, isAttemptError, isRejectedError, isSeakeepError, type Runtime } from '@seakeep/core'
import {
  type Attempt,
  type AttemptResult,
  type AttemptSink,
  assembleRuntime,
  type Cancel,
  type Clock,
  hashText,
  after as later,
  MemoryRegistry,
  mix,
  NO_EVENTS,
  NO_LOAD,
  NO_SIGNALS,
  parsePolicyDocument,
  type Timer,
  type TimerTask,
  type Transport,
} from '@seakeep/core/spi'
import { ManualClock, SeededRandom } from '@seakeep/core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type AppHandler, constantArrivalRate, fail, service, simulate } from '../src/index.ts'

const SEED = 5
const CALLS = 1500
const EVERY_MS = 10
const WAY_MS = 0.5
const DURATION_MS = CALLS * EVERY_MS + 1000
const ENDPOINTS = ['payments#1', 'payments#2', 'payments#3']

const POLICIES = {
  version: 1,
  targets: {
    payments: {
      timeout: '123ms',
      retry: {
        maxAttempts: 3,
        attemptTimeout: '43ms',
        backoff: { initial: '5ms', max: '50ms' },
        budget: { ratio: 0.1, minPerSecond: 2 },
      },
      circuitBreaker: { window: '1s', minimumCalls: 10, openFor: '300ms' },
      concurrency: { limit: 4, queue: 2, maxWait: '5ms' },
      rateLimit: { rate: 120, burst: 30 },
      outlier: { consecutiveFailures: 6, baseEjection: '2s', maxEjected: 0.5 },
      loadBalancing: 'p2c-ewma',
    },
  },
} as const

interface Line {
  readonly afterMs: number
  readonly status: number
}

/** How an endpoint answers what reaches it at an instant: well, badly, slowly or late, one after the other. */
function script(endpoint: string, atMs: number): Line {
  const number = ENDPOINTS.indexOf(endpoint) + 1
  // Never a whole number of ms: who comes and who goes at one instant is the harness's order, not the policy's.
  const afterMs = 3.35 + 2 * number + (Math.round(atMs * 7) % 11) / 10
  if (atMs > 2000 && atMs < 4000 && number === 2) return { afterMs: 1.7, status: 500 }
  if (atMs > 5000 && atMs < 6000) return { afterMs: 2.3, status: 500 }
  if (atMs > 8000 && atMs < 9500 && (number !== 3 || atMs > 9200)) return { afterMs: 77.7, status: 200 }
  if (atMs > 11_000 && Math.round(atMs * 10) % 3 === 0) return { afterMs, status: 500 }
  return { afterMs, status: 200 }
}

/** What was decided, in the order in which it was. */
interface Decisions {
  /** Attempts as they were sent: when (µs), and where. */
  readonly sent: [atUs: number, endpoint: string][]
  /** Calls as they ended: which, when (µs), and how. */
  readonly ended: [call: number, atUs: number, how: string][]
  readonly events: GovernanceEvent[]
}

const us = (ms: number): number => Math.round(ms * 1000)

function howFailed(error: unknown): string {
  if (isRejectedError(error)) return `refused: ${error.reason}, again in ${us(error.retryAfterMs ?? -1)}`
  if (isAttemptError(error)) {
    return `${error.failure} ${error.status} at ${error.endpoint}, attempt ${error.attempt}, ${error.retryStopped}`
  }
  return isSeakeepError(error) ? `${error.code}, attempt ${error.attempt}` : String(error)
}

/** Makes one call and writes down how it ends. */
async function callOnce(runtime: Runtime, clock: Clock, number: number, { ended }: Decisions): Promise<void> {
  const how = await runtime
    .client('payments')
    .call({})
    .then(({ status }) => `answered ${status}`, howFailed)
  ended.push([number, us(clock.now()), how])
}

/** The simulator's half: a gateway whose handler calls, three payments whose handlers follow the script. */
async function simulated(): Promise<Decisions> {
  const decisions: Decisions = { sent: [], ended: [], events: [] }
  let calls = 0
  const gateway: AppHandler = async (_request, { runtime, clock }) => {
    if (calls === 0) runtime.events$.subscribe((event) => decisions.events.push(event))
    calls += 1
    await callOnce(runtime, clock, calls, decisions)
  }
  const payments: AppHandler = async (_request, { clock, work, random }) => {
    const [endpoint = ''] = (random as SeededRandom).host.split('@')
    decisions.sent.push([us(clock.now() - WAY_MS), endpoint])
    const { afterMs, status } = script(endpoint, clock.now())
    await work(afterMs)
    if (status !== 200) fail('as the script says')
  }
  await simulate({
    duration: DURATION_MS,
    seed: SEED,
    network: { latency: WAY_MS },
    policies: POLICIES,
    topology: { gateway: service({ app: gateway }), payments: service({ replicas: 3, app: payments }) },
    workload: [constantArrivalRate({ to: 'gateway', rate: 1000 / EVERY_MS, until: CALLS * EVERY_MS })],
  })
  return decisions
}

/** ManualClock that, as the simulator's time, knows no more than microseconds. */
class MicrosecondClock extends ManualClock {
  override schedule(atMs: number, task: TimerTask): Timer {
    const tick = Math.round(atMs * 1000)
    return super.schedule((tick / 1000 < atMs ? tick + 1 : tick) / 1000, task)
  }
}

/** Sends nothing anywhere: what comes back, and when, stands in the script. */
class ScriptedTransport implements Transport {
  readonly protocol = 'scripted'
  readonly #clock: Clock
  readonly #decisions: Decisions

  constructor(clock: Clock, decisions: Decisions) {
    this.#clock = clock
    this.#decisions = decisions
  }

  send({ endpoint }: Attempt, sink: AttemptSink<AttemptResult>): Cancel {
    const id = endpoint?.id ?? ''
    let isAwaited = true
    this.#decisions.sent.push([us(this.#clock.now()), id])
    this.#after(WAY_MS, () => {
      const { afterMs, status } = script(id, this.#clock.now())
      later(this.#clock, afterMs, () =>
        this.#after(WAY_MS, () => {
          const value = { status, headers: {}, body: undefined }
          if (isAwaited) sink.settle({ ending: status === 200 ? 'ok' : 'error', value, status })
        }),
      )
    })
    return () => {
      isAwaited = false
    }
  }

  close(_deadlineMs: number, done: () => void): void {
    done()
  }

  /** A whole number of microseconds from now, without the rounding of sums of milliseconds. */
  #after(ms: number, run: () => void): void {
    this.#clock.schedule((us(this.#clock.now()) + us(ms)) / 1000, { onTimer: run })
  }
}

/** The runtime of production on ports by hand. `host` is whose chance it has. */
function bench(host: string, decisions: Decisions): { runtime: Runtime; clock: MicrosecondClock } {
  const clock = new MicrosecondClock()
  const instances = ENDPOINTS.map((id) => ({
    id,
    service: 'payments',
    address: { host: id, port: 0 },
    protocol: 'scripted',
    weight: 1,
  }))
  const runtime = assembleRuntime(
    { service: 'gateway', policies: parsePolicyDocument(POLICIES) },
    {
      clock,
      // As the simulator folds its seed.
      random: new SeededRandom(mix(SEED >>> 0, hashText(String(SEED))), host),
      events: NO_EVENTS,
      transports: [new ScriptedTransport(clock, decisions)],
      registries: [new MemoryRegistry(clock, instances)],
      servers: [],
      load: NO_LOAD,
      signals: NO_SIGNALS,
    },
  )
  runtime.events$.subscribe((event) => decisions.events.push(event))
  return { runtime, clock }
}

async function byHand(): Promise<Decisions> {
  const decisions: Decisions = { sent: [], ended: [], events: [] }
  const { runtime, clock } = bench('gateway#1@0', decisions)
  for (let i = 0; i < CALLS; i++) {
    later(clock, i * EVERY_MS + WAY_MS, () => void callOnce(runtime, clock, i + 1, decisions))
  }
  await clock.advanceAsync(DURATION_MS)
  return decisions
}

describe('a client under every layer decides alike on ManualClock and in the simulator', () => {
  let there: Decisions
  let here: Decisions

  beforeAll(async () => {
    there = await simulated()
    here = await byHand()
  })

  it('sends the same attempts to the same endpoints in the same instants', () => {
    expect(there.sent).toEqual(here.sent)
  })

  it('ends the same calls in the same way in the same instants', () => {
    expect(there.ended).toEqual(here.ended)
  })

  it('opens, probes, closes, ejects and takes back in the same instants, for the same reasons', () => {
    expect(there.events).toEqual(here.events)
  })

  it('in a story where every layer has its say', () => {
    const types = new Set(here.events.map(({ type }) => type))
    for (const type of [
      'circuitOpened',
      'circuitHalfOpened',
      'circuitClosed',
      'endpointEjected',
      'endpointReturned',
    ] as const) {
      expect(types).toContain(type)
    }
    const hows = here.ended.map(([, , how]) => how)
    for (const how of [
      /answered 200/,
      /circuit-open/,
      /concurrency/,
      /rate-limited/,
      /retry-budget/,
      /^error 500.*attempts$/,
      /DEADLINE/,
    ]) {
      expect(hows.filter((one) => how.test(one)).length, String(how)).toBeGreaterThan(0)
    }
    expect(here.ended).toHaveLength(CALLS)
    expect(new Set(here.sent.map(([, endpoint]) => endpoint)).size).toBe(3)
  })
})

describe('a policy of its own decides alike on ManualClock and in a handler', () => {
  const OPTIONS = {
    name: 'quotes',
    timeout: '93ms',
    retry: { maxAttempts: 4, attemptTimeout: '33ms', backoff: { initial: '4ms', max: '40ms', jitter: 'full' } },
    circuitBreaker: { window: '1s', minimumCalls: 8, openFor: '200ms', slowCall: { over: '20ms', ratio: 0.6 } },
    concurrency: { limit: 5, queue: 3 },
    rateLimit: { rate: 150, burst: 20 },
  } as const

  /** One call of a guarded function that follows the script, waiting as it is told to. */
  async function executeOnce(
    runtime: Runtime,
    clock: Clock,
    wait: (ms: number) => Promise<void>,
    number: number,
    { sent, ended }: Decisions,
  ): Promise<void> {
    const how = await runtime
      .policy(OPTIONS)
      .execute(async ({ attempt, deadline }) => {
        const endpoint = ENDPOINTS[number % 3] ?? ''
        sent.push([us(clock.now()), `call ${number}, attempt ${attempt}, ${us(deadline.remainingMs)} left`])
        const { afterMs, status } = script(endpoint, clock.now())
        await wait(afterMs)
        if (status !== 200) throw Object.assign(new Error('as the script says'), { status })
        return status
      })
      .then(String, (error: unknown) =>
        isSeakeepError(error) ? howFailed(error) : `threw, ${(error as { retryStopped?: string }).retryStopped}`,
      )
    ended.push([number, us(clock.now()), how])
  }

  it('the same attempts, waits, transitions and ends', async () => {
    const there: Decisions = { sent: [], ended: [], events: [] }
    let calls = 0
    const gateway: AppHandler = async (_request, { runtime, clock, work }) => {
      if (calls === 0) runtime.policy(OPTIONS).events$.subscribe((event) => there.events.push(event))
      calls += 1
      await executeOnce(runtime, clock, work, calls, there)
    }
    await simulate({
      duration: DURATION_MS,
      seed: SEED,
      network: { latency: WAY_MS },
      topology: { gateway: service({ app: gateway }) },
      workload: [constantArrivalRate({ to: 'gateway', rate: 1000 / EVERY_MS, until: CALLS * EVERY_MS })],
    })

    const here: Decisions = { sent: [], ended: [], events: [] }
    const { runtime, clock } = bench('gateway#1@0', { sent: [], ended: [], events: [] })
    runtime.policy(OPTIONS).events$.subscribe((event) => here.events.push(event))
    const wait = (ms: number): Promise<void> => new Promise((resolve) => void later(clock, ms, resolve))
    for (let i = 0; i < CALLS; i++) {
      later(clock, i * EVERY_MS + WAY_MS, () => void executeOnce(runtime, clock, wait, i + 1, here))
    }
    await clock.advanceAsync(DURATION_MS)

    expect(there.sent).toEqual(here.sent)
    expect(there.ended).toEqual(here.ended)
    expect(there.events).toEqual(here.events)
    const types = here.events.map(({ type }) => type)
    for (const type of ['circuitOpened', 'circuitHalfOpened', 'circuitClosed', 'attemptAbandoned'] as const) {
      expect(types.filter((one) => one === type).length, type).toBeGreaterThan(0)
    }
    expect(here.ended).toHaveLength(CALLS)
    const hows = here.ended.map(([, , how]) => how)
    for (const how of [/^200/, /circuit-open/, /rate-limited/, /threw, attempts/, /DEADLINE/]) {
      expect(hows.filter((one) => how.test(one)).length, String(how)).toBeGreaterThan(0)
    }
    expect(here.sent.filter(([, what]) => what.includes('attempt 4')).length).toBeGreaterThan(10)
  })
})
