// Whatever calls do and whenever they are given up: every call ends once, and whatever it was lent is given back. The
// schedules are drawn by fast-check, which prints the smallest one that fails.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSeakeepError } from '../src/index.ts'
import type { Balancer, Load } from '../src/spi.ts'
import { createBalancer } from '../src/spi.ts'
import { Bench, type Watched } from './bench.ts'

const HOUR = 3_600_000
const ms = (max: number, min = 0) => fc.integer({ min, max })
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

/** Only what is there: undefined would be a field. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

const waiting = fc.record({
  queue: ms(6, 1),
  maxWait: ms(300),
  discipline: fc.constantFrom('fifo', 'lifo', 'codel', 'priority'),
})
const layers = fc
  .record({
    retry: maybe(
      fc.record({
        maxAttempts: ms(4, 1),
        attemptTimeout: ms(400, 1),
        backoff: fc.record({ initial: ms(60), max: fc.constant(200) }),
        budget: fc.oneof(
          fc.constant(false as const),
          fc.record({ ratio: fc.constantFrom(0, 0.2, 1), minPerSecond: ms(5) }),
        ),
      }),
    ),
    hedge: maybe(fc.record({ delay: ms(150), maxExtraLoad: fc.constant(1), maxAttempts: ms(3, 2) })),
    circuitBreaker: maybe(
      fc.record({
        minimumCalls: ms(4, 1),
        openFor: ms(200, 5),
        halfOpenProbes: ms(3, 1),
        // Longer than any call takes: a probe that reaches it has been forgotten.
        probeTimeout: fc.constant('10m'),
        rampFor: fc.constantFrom(0, 300),
        slowCall: fc.constantFrom(false as const, { over: 100, ratio: 0.5 }),
      }),
    ),
    concurrency: maybe(
      fc.oneof(
        fc.record({ limit: ms(4, 1) }),
        fc.tuple(fc.record({ limit: ms(4, 1) }), waiting).map(([limit, line]) => ({ ...limit, ...line })),
        fc
          .tuple(fc.constantFrom('gradient', 'vegas', 'aimd'), waiting)
          .map(([algorithm, line]) => ({ algorithm, min: 1, initial: 2, max: 5, ...line })),
      ),
    ),
    rateLimit: maybe(fc.record({ rate: ms(200, 1), burst: ms(20, 3) })),
    throttle: fc.constantFrom(undefined, undefined, { window: '1s' }),
  })
  .map(given)

/** Most of what a caller may do: give up before, at once, at any time, in the middle of the call itself, or never. */
const patience = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: ms(800) },
  { weight: 1, arbitrary: fc.constantFrom('before' as const, 'inside' as const) },
)

describe('a policy', () => {
  const how = fc.constantFrom('value', 'throw', 'reject', 'status 500', 'status 429', 'status 404', 'hang')
  const call = fc.record({
    atMs: ms(2_000),
    key: fc.constant(undefined),
    attempts: fc.array(fc.record({ how, afterMs: fc.oneof(fc.constant(0), ms(600)) }), { minLength: 1, maxLength: 3 }),
    timeout: maybe(ms(900, 1)),
    patience,
  })
  type Call = typeof call extends fc.Arbitrary<infer T> ? T : never

  class Run {
    readonly bench = new Bench()
    readonly policy
    readonly started: Watched<unknown>[] = []
    readonly limit: number
    running = 0

    constructor(options: { readonly concurrency?: object; readonly timeout?: number }) {
      this.policy = this.bench.runtime.policy({ name: 'payments', ...(options as object) })
      this.limit = (options.concurrency as { limit?: number } | undefined)?.limit ?? Number.POSITIVE_INFINITY
    }

    start({ attempts, timeout, patience }: Call): void {
      const { clock } = this.bench
      const caller = new AbortController()
      if (patience === 'before') caller.abort()
      if (typeof patience === 'number') {
        clock.schedule(clock.now() + patience, { onTimer: () => caller.abort() })
      }
      const promise = this.policy.execute(
        ({ signal, attempt }) => {
          this.#begin(signal)
          const { how, afterMs } = attempts[Math.min(attempt, attempts.length) - 1] as Call['attempts'][number]
          if (patience === 'inside') caller.abort()
          if (how === 'hang') return new Promise(() => {})
          const end = (): unknown => {
            if (how === 'value') return 'fine'
            if (how.startsWith('status')) return { status: Number(how.slice(7)) }
            throw new Error('boom')
          }
          if (afterMs === 0 && how !== 'reject') {
            this.#end(signal)
            return end()
          }
          return new Promise((resolve) => {
            clock.schedule(clock.now() + afterMs, { onTimer: () => resolve(undefined) })
          }).then(() => {
            this.#end(signal)
            return end()
          })
        },
        given({ signal: caller.signal, timeout }),
      )
      this.started.push(this.bench.watch(promise))
    }

    /** Counted by the function itself: begun, and neither ended nor called off. */
    #begin(signal: AbortSignal): void {
      const { inFlight, limit } = this.policy.state.value
      if (inFlight > limit) throw new Error(`${inFlight} in flight of ${limit}`)
      this.running++
      if (this.running > this.limit) throw new Error(`${this.running} run of ${this.limit}`)
      signal.addEventListener('abort', () => this.running--)
    }

    #end(signal: AbortSignal): void {
      if (!signal.aborted) this.running--
    }

    /** How many of ten get through to the function at this moment. */
    async places(): Promise<number> {
      let reached = 0
      const caller = new AbortController()
      for (let i = 0; i < 10; i++) {
        const promise = this.policy.execute(
          () => {
            reached++
            return new Promise(() => {})
          },
          { signal: caller.signal },
        )
        this.bench.watch(promise)
      }
      await this.bench.pass(0)
      const places = reached
      caller.abort()
      await this.bench.pass(HOUR)
      return places
    }
  }

  const property = fc.asyncProperty(
    fc.record({ timeout: ms(1_500, 1), layers }),
    fc.array(call, { minLength: 1, maxLength: 25, size: 'max' }),
    async ({ timeout, layers }, calls) => {
      const run = new Run({ timeout, ...layers })
      const { bench, policy } = run
      for (const one of calls) bench.clock.schedule(one.atMs, { onTimer: () => run.start(one) })
      for (let tick = 0; tick < 100; tick++) {
        await bench.pass(50)
        const { inFlight, queued } = policy.state.value
        expect(inFlight).toBeGreaterThanOrEqual(0)
        expect(queued).toBeGreaterThanOrEqual(0)
      }
      await bench.pass(HOUR)
      // Every call has ended, with a value or with an error that says why.
      expect(run.started.length).toBe(calls.length)
      for (const one of run.started) {
        expect(one.isSettled).toBe(true)
        const { error } = one
        expect(error === undefined || isSeakeepError(error) || (error as Error).message === 'boom').toBe(true)
      }
      // Nothing is held: no permit, no place, no timer, no probe.
      expect(policy.state.value).toMatchObject({ inFlight: 0, queued: 0 })
      expect(bench.clock.pending).toBe(0)
      expect(run.running).toBe(0)
      const wrong = bench.events.filter(
        (event) => event.type === 'listenerFailed' || /did not end/.test(String('why' in event && event.why)),
      )
      expect(wrong).toEqual([])
      const { breaker, limit } = policy.state.value
      if (breaker !== 'half-open' || layers.throttle !== undefined || layers.hedge !== undefined) return
      const most = Math.min(layers.circuitBreaker?.halfOpenProbes ?? 0, limit)
      expect([await run.places(), await run.places()]).toEqual([most, most])
    },
  )

  test('ends every call and holds nothing', { timeout: 60_000 }, () => fc.assert(property, { seed: 2, numRuns: 300 }))
})

describe('a runtime', () => {
  const how = fc.constantFrom('200', '404', '429', '500', '503', 'stream', 'broken stream', 'reset', 'never', 'throw')
  const call = fc.record({
    atMs: ms(2_000),
    key: maybe(fc.constantFrom('eu', 'us')),
    priority: maybe(fc.constantFrom('sheddable', 'critical')),
    timeout: maybe(ms(900, 1)),
    attempts: fc.array(fc.record({ how, afterMs: fc.oneof(fc.constant(0), ms(600)) }), { minLength: 1, maxLength: 3 }),
    patience,
  })
  type Call = typeof call extends fc.Arbitrary<infer T> ? T : never
  /** An endpoint leaves the registry, and comes back. */
  const absence = fc.record({ id: fc.constantFrom('a', 'b', 'c'), atMs: ms(2_000), forMs: ms(500) })
  const IDS = ['a', 'b', 'c']

  class Run {
    readonly bench: Bench
    readonly loads = new Map<Load, { sent: number; ended: number }>()
    readonly told: { commits: number; settles: number; late: number }[] = []

    constructor(policy: object) {
      this.bench = new Bench(
        { orders: policy },
        { createBalancer: (...asked) => this.#counted(createBalancer(...asked)) },
      )
      for (const id of IDS) this.bench.up(id, () => {})
    }

    /** Sees to it that whatever was sent to an endpoint is taken off its load again. */
    #counted(balancer: Balancer): Balancer {
      const of = (load: Load) => {
        let counts = this.loads.get(load)
        if (counts === undefined) {
          counts = { sent: 0, ended: 0 }
          this.loads.set(load, counts)
        }
        return counts
      }
      return {
        algorithm: balancer.algorithm,
        picker: (...args) => balancer.picker(...args),
        onSend: (load, now) => {
          of(load).sent++
          balancer.onSend(load, now)
        },
        onAnswer: (...args) => balancer.onAnswer(...args),
        onEnd: (load, ...rest) => {
          of(load).ended++
          balancer.onEnd(load, ...rest)
        },
      }
    }

    start(one: Call): void {
      const { clock, runtime } = this.bench
      const told = { commits: 0, settles: 0, late: 0 }
      this.told.push(told)
      let attempts = 0
      let cancel: (() => void) | undefined
      let isCancelled = one.patience === 'before'
      const giveUp = (): void => {
        isCancelled = true
        cancel?.()
      }
      for (const id of IDS) {
        this.bench.transport.serve(id, (far) => {
          const { how, afterMs } = one.attempts[
            Math.min(attempts++, one.attempts.length - 1)
          ] as Call['attempts'][number]
          if (one.patience === 'inside') giveUp()
          if (how === 'throw') throw new Error('a handler that throws')
          const act = (): void => {
            if (how === 'reset') far.reset()
            else if (how.endsWith('stream')) {
              far.begin(200)
              const rest = (): void => (how === 'stream' ? far.end() : far.reset())
              clock.schedule(clock.now() + 70, { onTimer: rest })
            } else if (how !== 'never') far.answer(Number(how), '', how === '503' ? { 'retry-after': '1' } : {})
          }
          if (afterMs === 0) act()
          else clock.schedule(clock.now() + afterMs, { onTimer: act })
        })
      }
      const sink = {
        commit: () => {
          told.commits++
          if (told.settles > 0) told.late++
        },
        settle: () => void told.settles++,
      }
      const { key, priority, timeout } = one
      const deadlineMs = timeout === undefined ? undefined : clock.now() + timeout
      const stop = runtime.start('orders', {}, given({ key, priority, deadlineMs }), sink)
      cancel = () => stop('cancelled')
      if (isCancelled) cancel()
      if (typeof one.patience === 'number') clock.schedule(clock.now() + one.patience, { onTimer: giveUp })
    }
  }

  const property = fc.asyncProperty(
    fc.record({
      timeout: ms(1_500, 1),
      layers,
      loadBalancing: fc.constantFrom('round-robin', 'least-request', 'p2c-ewma', 'maglev'),
      outlier: fc.constantFrom(undefined, { consecutiveFailures: 2, baseEjection: 100, maxEjected: 1 }),
    }),
    fc.array(call, { minLength: 1, maxLength: 25, size: 'max' }),
    fc.array(absence, { maxLength: 4, size: 'max' }),
    async ({ layers, ...policy }, calls, absences) => {
      const run = new Run(given({ ...policy, ...layers }))
      const { bench } = run
      const { clock, runtime } = bench
      for (const one of calls) clock.schedule(one.atMs, { onTimer: () => run.start(one) })
      for (const { id, atMs, forMs } of absences) {
        clock.schedule(atMs, { onTimer: () => void bench.leave(id) })
        clock.schedule(atMs + forMs, {
          onTimer: () => bench.registry.register(bench.instance(id), Number.POSITIVE_INFINITY, () => {}),
        })
      }
      await bench.pass(5_000)
      await bench.pass(HOUR)
      expect(run.told.length).toBe(calls.length)
      for (const told of run.told) expect([told.settles, told.late, told.commits > 1]).toEqual([1, 0, false])
      for (const [load, { sent, ended }] of run.loads) expect([load.inFlight, sent]).toEqual([0, ended])
      if (layers.concurrency !== undefined) {
        expect(runtime.limiter('orders').value).toMatchObject({ inFlight: 0, queued: 0 })
      }
      const lost = bench.events.filter((event) => /did not end/.test(String('why' in event && event.why)))
      expect(lost).toEqual([])
      await Promise.all([runtime.close(), bench.pass(HOUR)])
      expect(clock.pending).toBe(0)
    },
  )

  test('ends every call once and holds nothing', { timeout: 60_000 }, () =>
    fc.assert(property, { seed: 3, numRuns: 300 }),
  )
})
