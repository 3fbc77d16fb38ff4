// The defects of other limiters, each as its user met it. `owner/repo#n` is `https://github.com/owner/repo/issues/n`.
import { describe, expect, test } from 'vitest'
import { Bench, type Watched } from '../../test/bench.ts'
import type { CallSink } from '../call/call-sink.ts'
import { isRejectedError } from '../errors/seakeep-error.ts'
import { Sfc32 } from '../random/sfc32.ts'
import { realClock } from '../time/real-clock.ts'
import { ConcurrencyLimiter } from './concurrency-limiter.ts'
import type { Waiter } from './limiter.ts'
import { resolveConcurrencyOptions } from './limiter-options.ts'

// connor4312/cockatiel#91, #112, #114: what was aborted in the queue kept its slot, and was even run when its turn came.
describe('18. whoever gives up in the line frees its place at once and never runs', () => {
  test.each(['fifo', 'lifo', 'codel', 'priority'] as const)('in a %s line', async (discipline) => {
    const bench = new Bench()
    const policy = bench.runtime.policy({
      name: 'payments',
      concurrency: { limit: 1, queue: 2, maxWait: '1m', discipline },
    })
    const ran: string[] = []
    const ends = new Map<string, () => void>()
    const call = (name: string, signal?: AbortSignal): Watched<unknown> => {
      const run = (): Promise<void> => {
        ran.push(name)
        return new Promise((resolve) => ends.set(name, resolve))
      }
      return bench.watch(policy.execute(run, { signal }))
    }
    const caller = new AbortController()
    call('a')
    const b = call('b', caller.signal)
    call('c')
    const d = call('d')
    await bench.pass(0)
    expect(isRejectedError(d.error) && d.error.reason).toBe('concurrency')
    caller.abort()
    call('e')
    await bench.pass(0)
    expect([b.failure.code, policy.state.value.queued]).toEqual(['SEAKEEP_CANCELLED', 2])
    for (const name of ['a', 'c']) {
      ends.get(name)?.()
      await bench.pass(0)
    }
    expect(ran).toEqual(['a', 'c', 'e'])
    ends.get('e')?.()
    await bench.pass(0)
    expect(policy.state.value).toMatchObject({ inFlight: 0, queued: 0 })
    expect(bench.clock.pending).toBe(0)
  })

  test('at the same cost wherever in the line it stands', () => {
    const places = 200_000
    const limiter = new ConcurrencyLimiter(resolveConcurrencyOptions({ limit: 1, queue: places }))
    limiter.tryAcquire()
    const served: Waiter[] = []
    const waiters = Array.from({ length: places }, (): Waiter => {
      const links = { previous: undefined, next: undefined, isWaiting: false }
      const waiter: Waiter = { ...links, onPermit: () => void served.push(waiter) }
      limiter.join(waiter)
      return waiter
    })
    const clock = realClock()
    const beganMs = clock.now()
    // From the middle outwards: where the line is searched, that is half of it each time, minutes in all.
    for (let i = 0; i < places / 2 - 1; i++) {
      limiter.leave(waiters[places / 2 + i] as Waiter)
      limiter.leave(waiters[places / 2 - 1 - i] as Waiter)
    }
    expect(clock.now() - beganMs).toBeLessThan(2_000)
    limiter.release('success')
    limiter.release('success')
    expect(served).toEqual([waiters[0], waiters[places - 1]])
  })
})

// Netflix/concurrency-limits#134, #141, #165, failsafe-go/failsafe-go#127: a baseline averaged from normal traffic follows
// overload up, and the limit with it, to its cap. Netflix/concurrency-limits#35, failsafe-go/failsafe-go#66: from 20 to 200
// took minutes.
describe('20. a limit that is found neither drifts nor crawls', () => {
  /** A server of `workers` behind a runtime that limits its calls to it, offered twice what it can do. */
  class Overload {
    readonly bench: Bench
    readonly random = new Sfc32(20, 1)
    readonly capacity: number
    inTime = 0

    constructor(algorithm: 'gradient' | 'vegas', workers: number, workMs: number) {
      this.bench = new Bench({ orders: { concurrency: { algorithm, min: 1, max: 1_000 } } })
      this.capacity = (workers * 1_000) / workMs
      const { clock } = this.bench
      const line: (() => void)[] = []
      let busy = 0
      const begin = (answer: () => void): void => {
        busy++
        clock.schedule(clock.now() + this.#exponential(workMs), {
          onTimer: () => {
            busy--
            const next = line.shift()
            if (next !== undefined) begin(next)
            answer()
          },
        })
      }
      this.bench.up('a', (far) => {
        const answer = (): void => far.answer(200)
        if (busy < workers) begin(answer)
        else line.push(answer)
        // Nobody asks who was called, and a list of half a million costs more than the calls.
        this.bench.far.length = 0
      })
      this.#arrive()
    }

    get limit(): number {
      return this.bench.runtime.limiter('orders').value.limit
    }

    /** Answers within a second, over what the server can do, in so many seconds. */
    goodput(seconds: number): number {
      this.inTime = 0
      this.bench.clock.advance(seconds * 1_000)
      return this.inTime / (this.capacity * seconds)
    }

    #exponential(meanMs: number): number {
      return -Math.log(1 - this.random.next()) * meanMs
    }

    #arrive(): void {
      const { clock, runtime } = this.bench
      clock.schedule(clock.now() + this.#exponential(500 / this.capacity), {
        onTimer: () => {
          this.#arrive()
          const offeredMs = clock.now()
          const sink: CallSink = {
            commit: () => {},
            settle: ({ ending }) => {
              if (ending === 'ok' && clock.now() - offeredMs <= 1_000) this.inTime++
            },
          }
          runtime.start('orders', {}, {}, sink)
        },
      })
    }
  }

  test.each(['gradient', 'vegas'] as const)('%s: 20 minutes at twice the load', { timeout: 30_000 }, (algorithm) => {
    const model = new Overload(algorithm, 10, 100)
    const goodputs: number[] = []
    const limits: number[] = []
    for (let minute = 0; minute < 20; minute++) {
      goodputs.push(model.goodput(60))
      limits.push(model.limit)
    }
    // Ten workers: below ten some stand idle; at 100 each call waits a second and is of no use to anybody.
    expect(Math.min(...goodputs)).toBeGreaterThan(0.93)
    expect(Math.max(...limits.slice(-10))).toBeLessThan(40)
  })

  test.each(['gradient', 'vegas'] as const)('%s: three times as much as it begins with, within 20 s', (algorithm) => {
    const model = new Overload(algorithm, 60, 100)
    expect(model.limit).toBe(20)
    model.goodput(20)
    expect(model.goodput(20)).toBeGreaterThan(0.93)
  })
})
