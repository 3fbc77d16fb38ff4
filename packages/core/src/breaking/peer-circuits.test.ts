import { beforeEach, describe, expect, test } from 'vitest'
import { SeededRandom } from '../random/seeded-random.ts'
import { MemoryBoard } from '../sharing/memory-board.ts'
import type { SharedBoard } from '../sharing/shared-board.ts'
import { Topic } from '../sharing/topic.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { CircuitBreaker } from './breaker.ts'
import { BreakerLoop } from './breaker-loop.ts'
import { type CircuitBreakerOptions, resolveCircuitBreakerOptions } from './breaker-options.ts'
import { BreakerState } from './breaker-state.ts'
import { PeerCircuits } from './peer-circuits.ts'

/** Circuits of several instances for one target. */
class World {
  readonly clock = new ManualClock()
  readonly board = new MemoryBoard(this.clock)
  readonly told: GovernanceEvent[] = []
  readonly #loop = new BreakerLoop(this.clock, { emit: (event) => void this.told.push(event) })
  #instances = 0

  circuit(options: CircuitBreakerOptions = {}, board: SharedBoard = this.board.connect()): CircuitBreaker {
    const { clock } = this
    const events = { emit: (event: GovernanceEvent) => void this.told.push(event) }
    this.#instances += 1
    const random = new SeededRandom(this.#instances).stream('breaker')
    const breaker = this.#loop.add(
      new CircuitBreaker(resolveCircuitBreakerOptions({ quorum: 2, jitter: 0, ...options }), {
        clock,
        random,
        events,
        service: `payments of ${this.#instances}`,
      }),
    )
    const topic = new Topic('breaker/web/payments', { board, clock, events })
    breaker.join(new PeerCircuits(topic, clock, (nowMs) => breaker.onPeers(nowMs)))
    return breaker
  }

  /** What a peer says that is not one of ours. */
  say(note: string, ttlMs: number): Disposable {
    return this.board.connect().publish('breaker/web/payments', note, ttlMs)
  }

  calls(breaker: CircuitBreaker, verdict: 'success' | 'failure' | 'ignored', number: number, tookMs = 0): void {
    for (let i = 0; i < number; i++) {
      const nowMs = this.clock.now()
      const epoch = breaker.enter(nowMs)
      if (epoch < 0) continue
      breaker.onSend(epoch, nowMs - tookMs)
      breaker.leave(epoch, verdict, nowMs - tookMs, nowMs)
    }
  }
}

let world: World
beforeEach(() => {
  world = new World()
})

const whys = (): string[] => world.told.flatMap((event) => ('why' in event ? [event.why] : []))

describe('a circuit with a quorum of two', () => {
  test('opens with the first failure when two peers have opened by their own calls', () => {
    const [one, two, three] = [world.circuit(), world.circuit(), world.circuit()]
    world.calls(one, 'failure', 20)
    world.calls(two, 'failure', 19)
    world.calls(three, 'failure', 1)
    expect([one.value, two.value, three.value]).toEqual(['open', 'closed', 'closed'])
    world.calls(two, 'failure', 1)
    expect(three.value).toBe('open')
    expect(three.why).toBe('open at 2 peers (quorum 2), here failure ratio 1 of 1 calls in 10 s')
    expect(world.told.at(-1)).toMatchObject({ type: 'circuitOpened', openForMs: 5000 })
    const four = world.circuit()
    world.calls(four, 'failure', 1)
    expect(four.value).toBe('open')
  })

  test('stays closed while its own calls succeed, however many say otherwise', () => {
    const [one, ...others] = Array.from({ length: 6 }, () => world.circuit())
    for (const other of others) world.calls(other, 'failure', 20)
    world.calls(one as CircuitBreaker, 'ignored', 5)
    world.calls(one as CircuitBreaker, 'success', 30)
    world.calls(one as CircuitBreaker, 'failure', 29)
    expect(one?.value).toBe('closed')
    world.calls(one as CircuitBreaker, 'failure', 1)
    expect(one?.value).toBe('open')
  })

  test('asks nobody and says nothing while nothing fails', () => {
    const uses: string[] = []
    const board = world.board.connect()
    const watched: SharedBoard = {
      ...board,
      watch: (topic, sink) => {
        uses.push('watch')
        return board.watch(topic, sink)
      },
      publish: (topic, note, ttlMs) => {
        uses.push(`${note} ${ttlMs}`)
        return board.publish(topic, note, ttlMs)
      },
    }
    const one = world.circuit({ openFor: '20s' }, watched)
    world.calls(one, 'success', 100)
    expect(uses).toEqual([])
    world.calls(one, 'failure', 1)
    expect(uses).toEqual(['watch'])
    world.calls(one, 'failure', 99)
    expect(uses).toEqual(['watch', 'open 20000 1 20000'])
  })

  test('does not pass on what it was told', () => {
    const notes = [world.say('open 60000 1', 60_000), world.say('open 60000 1', 60_000)]
    const [one, two, three] = [world.circuit(), world.circuit(), world.circuit()]
    for (const circuit of [one, two]) world.calls(circuit, 'failure', 1)
    expect([one.value, two.value]).toEqual(['open', 'open'])
    for (const note of notes) note[Symbol.dispose]()
    world.calls(three, 'failure', 1)
    expect(three.value).toBe('closed')
    // Their own probes are first hand.
    world.clock.advance(5_000)
    for (const circuit of [one, two]) world.calls(circuit, 'failure', 1)
    expect(three.value).toBe('open')
  })

  test('decides by its own probes when to close, and is told to reopen by one failure while the others stand', () => {
    for (let i = 0; i < 2; i++) world.say('open 60000 1', 60_000)
    const one = world.circuit({ rampFor: false })
    world.calls(one, 'failure', 1)
    world.clock.advance(5_000)
    expect(one.value).toBe('half-open')
    world.calls(one, 'success', 3)
    expect(one.value).toBe('closed')
    world.calls(one, 'failure', 1)
    expect(one.value).toBe('open')
  })

  test('believes a verdict as long as it says, also where nobody takes it back', () => {
    for (let i = 0; i < 2; i++) world.say('open 8000 1', 60_000)
    const one = world.circuit()
    world.calls(one, 'success', 1)
    world.calls(one, 'ignored', 1)
    const [two, three] = [world.circuit({ failureRatio: 0.6 }), world.circuit({ failureRatio: 0.6 })]
    for (const circuit of [two, three]) {
      world.calls(circuit, 'success', 1)
      world.calls(circuit, 'failure', 1)
    }
    world.clock.advance(7_999)
    world.calls(two, 'failure', 1)
    world.clock.advance(1)
    world.calls(three, 'failure', 5)
    expect([two.value, three.value]).toEqual(['open', 'closed'])
  })

  test('a verdict that is told again is not a new one; what cannot be read is none', () => {
    const one = world.circuit()
    world.calls(one, 'success', 1)
    world.calls(one, 'failure', 1)
    const peers = one.peers as PeerCircuits
    peers.note('a', 'open 5000 1')
    world.clock.advance(5_000)
    peers.note('a', 'open 5000 1')
    for (const [at, note] of ['', 'open', 'open x 1', 'open Infinity 1', 'closed 5000 1'].entries()) {
      peers.note(`other ${at}`, note)
    }
    expect(peers.open(world.clock.now())).toBe(0)
    peers.note('a', 'open 5000 2')
    expect(peers.open(world.clock.now())).toBe(1)
    peers.gone('a')
    expect(peers.open(world.clock.now())).toBe(0)
  })

  test.each<[string, (one: CircuitBreaker) => void]>([
    ['closes', (one) => world.clock.advance(5_000) ?? world.calls(one, 'success', 3)],
    ['is isolated by hand', (one) => one.isolate()],
    ['leaves', (one) => one.join(undefined)],
  ])('takes its verdict back when it %s', (_, act) => {
    const [one, two] = [world.circuit({ window: '60s' }), world.circuit({ quorum: 1 })]
    world.calls(two, 'success', 1)
    world.calls(one, 'failure', 20)
    world.calls(two, 'ignored', 1)
    act(one)
    world.calls(two, 'failure', 1)
    expect(two.value).toBe('closed')
  })

  test('counts slow calls as it counts failures', () => {
    for (let i = 0; i < 2; i++) world.say('open 60000 1', 60_000)
    const one = world.circuit({ slowCall: { over: '100ms', ratio: 0.5 } })
    world.calls(one, 'success', 1)
    expect(one.value).toBe('closed')
    world.calls(one, 'success', 1, 200)
    expect(one.why).toBe('open at 2 peers (quorum 2), here slow-call ratio 0.5 of 2 calls in 10 s')
  })

  test('that looks at failures in a row takes one for a sign', () => {
    for (let i = 0; i < 2; i++) world.say('open 60000 1', 60_000)
    const one = world.circuit({ failureRatio: false, consecutiveFailures: 5 })
    world.calls(one, 'failure', 1)
    expect(one.why).toBe('open at 2 peers (quorum 2), here the last call failed')
  })

  test('goes on alone where the board is silent, or throws', () => {
    world.board.interrupt()
    const thrower: SharedBoard = {
      name: 'broken',
      publish: () => {
        throw new Error('no')
      },
      watch: () => {
        throw new Error('no')
      },
      close: () => {},
    }
    const circuits = [world.circuit(), world.circuit(), world.circuit({}, thrower)]
    for (const circuit of circuits) world.calls(circuit, 'failure', 19)
    expect(circuits.map(({ value }) => value)).toEqual(['closed', 'closed', 'closed'])
    for (const circuit of circuits) world.calls(circuit, 'failure', 1)
    expect(circuits.map(({ value }) => value)).toEqual(['open', 'open', 'open'])
    expect(world.told.filter(({ type }) => type === 'listenerFailed')).toHaveLength(2)
    expect(whys()).toEqual(Array(3).fill('failure ratio 1 of 20 calls in 10 s (threshold 0.5)'))
  })
})

test('the machine hears peers while it is closed only, and makes earlier admissions worthless when it follows them', () => {
  const machine = new BreakerState(resolveCircuitBreakerOptions({ quorum: 1 }))
  const [early, late] = [machine.enter(0), machine.enter(0)]
  expect(machine.leave(early, 'failure', 0, 1)).toBe(undefined)
  expect(machine.hear(0, 1)).toBe(undefined)
  const transition = machine.hear(1, 1)
  expect(transition).toMatchObject({ to: 'open', event: 'circuitOpened', isHearsay: true })
  machine.go(transition!, 1, 0.5)
  expect(machine.leave(late, 'success', 0, 2)).toBe(undefined)
  expect([machine.hear(9, 2), machine.state]).toEqual([undefined, 'open'])
  // Forgotten with its window.
  const other = new BreakerState(resolveCircuitBreakerOptions({ quorum: 1 }))
  other.leave(other.enter(0), 'failure', 0, 1)
  expect(other.hear(1, 20_000)).toBe(undefined)
})
