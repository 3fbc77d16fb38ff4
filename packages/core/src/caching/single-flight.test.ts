import { describe, expect, it } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { type FlightWaiter, type Seat, SingleFlight } from './single-flight.ts'

class Caller implements FlightWaiter<string> {
  readonly told: string[] = []
  readonly deadlineMs: number
  readonly #then: () => void

  constructor(deadlineMs = Number.POSITIVE_INFINITY, then: () => void = () => {}) {
    this.deadlineMs = deadlineMs
    this.#then = then
  }

  onLanded(result: string): void {
    this.told.push(result)
    this.#then()
  }
}

function table(maxKeys = 10) {
  const errors: unknown[] = []
  const flights = new SingleFlight<string>(maxKeys, (error) => errors.push(error))
  return { flights, errors, join: (caller: Caller, key = 'k') => flights.join(key, caller) as Seat<string> }
}

describe('SingleFlight', () => {
  it('has the first do the work and tells all, in order, once', () => {
    const { flights, join } = table()
    const order: number[] = []
    const callers = [1, 2, 3].map((i) => new Caller(undefined, () => order.push(i)))
    const seats = callers.map((caller) => join(caller))
    expect(seats.map(({ isLeader }) => isLeader)).toEqual([true, false, false])
    const { flight } = seats[0]!
    expect([flight.waiting, flights.size]).toEqual([3, 1])
    flight.land('done')
    flight.land('again')
    expect(callers.map(({ told }) => told)).toEqual([['done'], ['done'], ['done']])
    expect([order, flights.size, flight.waiting]).toEqual([[1, 2, 3], 0, 0])
  })

  it('keeps different keys apart', () => {
    const { join } = table()
    const [a, b] = [new Caller(), new Caller()]
    const seats = [join(a, 'a'), join(b, 'b')]
    expect(seats.every(({ isLeader }) => isLeader)).toBe(true)
    seats[0]!.flight.land('a')
    expect([a.told, b.told]).toEqual([['a'], []])
  })

  it('goes on for the others when the leader leaves, and ends with the last', () => {
    const { flights, join } = table()
    const cancelled: unknown[] = []
    const [leader, follower] = [new Caller(), new Caller()]
    const [first, second] = [join(leader), join(follower)] as [Seat<string>, Seat<string>]
    first.flight.lead((reason) => cancelled.push(reason))
    first.leave()
    first.leave()
    expect([cancelled, first.flight.waiting, flights.size]).toEqual([[], 1, 1])
    second.leave()
    expect([cancelled, flights.size, first.flight.isOver]).toEqual([['cancelled'], 0, true])
    first.flight.land('too late')
    expect([leader.told, follower.told]).toEqual([[], []])
  })

  it('a flight that was called off is nobody’s: who comes next begins anew, and the old answer is not theirs', () => {
    const { join } = table()
    const old = join(new Caller())
    old.leave()
    const caller = new Caller()
    const seat = join(caller)
    expect(seat.isLeader).toBe(true)
    old.flight.land('of before')
    expect(caller.told).toEqual([])
    seat.flight.land('now')
    expect(caller.told).toEqual(['now'])
  })

  it('calls off at once what everybody left while it was being started, and never what has ended', () => {
    const { join } = table()
    const calledOff: string[] = []
    const left = join(new Caller())
    left.leave()
    left.flight.lead(() => calledOff.push('left'))
    const landed = join(new Caller())
    landed.flight.land('at once')
    landed.flight.lead(() => calledOff.push('landed'))
    landed.leave()
    expect(calledOff).toEqual(['left'])
  })

  it('knows until when anybody waits', () => {
    const { join } = table()
    const seat = join(new Caller(100))
    join(new Caller(50))
    expect(seat.flight.deadlineMs).toBe(100)
    join(new Caller(700))
    expect(seat.flight.deadlineMs).toBe(700)
  })

  it('sends on their own those for whom there is no room', () => {
    const { flights, join } = table(2)
    const seats = [join(new Caller(), 'a'), join(new Caller(), 'b')]
    expect(flights.join('c', new Caller())).toBeUndefined()
    expect(join(new Caller(), 'a').isLeader).toBe(false)
    seats[1]!.flight.land('done')
    expect(join(new Caller(), 'c').isLeader).toBe(true)
    flights.resize(3)
    expect(join(new Caller(), 'd').isLeader).toBe(true)
  })

  it('a waiter that throws is reported and harms nobody', () => {
    const { errors, flights, join } = table()
    const thrown = new Error('mine')
    const thrower = new Caller(undefined, () => {
      throw thrown
    })
    const callers = [new Caller(), thrower, new Caller()]
    const [seat] = callers.map((caller) => join(caller))
    seat!.flight.land('done')
    expect(callers.map(({ told }) => told.length)).toEqual([1, 1, 1])
    expect([errors, flights.size]).toEqual([[thrown], 0])
  })

  it('is over before anybody is told: who asks for the same when told begins anew', () => {
    const { flights, join } = table()
    const seen: unknown[] = []
    const next = new Caller()
    const first: Seat<string> = join(
      new Caller(undefined, () => seen.push(first.flight.isOver, flights.size, join(next).isLeader)),
    )
    const last = new Caller()
    join(last)
    first.flight.land('done')
    expect([seen, last.told, next.told]).toEqual([[true, 0, true], ['done'], []])
  })

  it('whoever is taken out by another that is told is not told, and the rest are', () => {
    const { join } = table()
    const cancelled: string[] = []
    const seats: Seat<string>[] = []
    const callers = [0, 1, 2, 3].map((i) => {
      return new Caller(undefined, () => {
        if (i === 1) for (const j of [0, 1, 2]) seats[j]!.leave()
      })
    })
    for (const caller of callers) seats.push(join(caller))
    seats[0]!.flight.lead(() => cancelled.push('cancelled'))
    seats[0]!.flight.land('done')
    expect(callers.map(({ told }) => told.length)).toEqual([1, 1, 0, 1])
    expect(cancelled).toEqual([])
  })

  it('tells 100,000 by a loop', () => {
    const { join } = table()
    const callers = Array.from({ length: 100_000 }, () => new Caller())
    const seats = callers.map((caller) => join(caller))
    seats[0]!.flight.land('done')
    expect(callers.every(({ told }) => told.length === 1)).toBe(true)
  })

  it('tells everybody once or lets them go, and calls off what nobody waits for, in any order over 500 seeds', () => {
    for (let seed = 1; seed <= 500; seed++) run(seed)
  })
})

interface Flying {
  readonly key: string
  readonly seat: Seat<string>
  readonly waiting: Set<number>
  state: 'flying' | 'landed' | 'cancelled'
}

/** Against a model that writes down who waits for which flight; callers leave, join and land others' flights when told. */
function run(seed: number): void {
  const random = new Sfc32(seed, 9)
  const below = (n: number): number => Math.floor(random.next() * n)
  const max = 1 + below(3)
  const { flights, errors } = table(max)
  const flying: Flying[] = []
  const fates = new Map<number, { told: number; isGone: boolean }>()
  const seats = new Map<number, Seat<string>>()
  let callers = 0
  let depth = 0
  let isEnding = false

  const check = (isTrue: boolean, what: string): void => {
    if (!isTrue) expect.fail(`${what}, seed ${seed}`)
  }
  const open = (): Flying[] => flying.filter(({ state }) => state === 'flying')
  const act = (): void => {
    const what = random.next()
    if (what < 0.5) join()
    else if (what < 0.75 && seats.size > 0) leave([...seats.keys()][below(seats.size)]!)
    else {
      const mine = open()
      if (mine.length > 0) land(mine[below(mine.length)]!)
    }
  }
  const join = (): void => {
    const [id, key] = [callers++, `k${below(4)}`]
    const fate = { told: 0, isGone: false }
    const before = open().find((one) => one.key === key)
    const seat = flights.join(key, {
      deadlineMs: id,
      onLanded: (result) => {
        fate.told++
        seats.delete(id)
        check(!fate.isGone, 'told although gone')
        check(result === key, 'told of another')
        if (depth++ < 4 && !isEnding) act()
        depth--
        if (random.next() < 0.1) throw new Error('a waiter')
      },
    })
    if (seat === undefined) return check(before === undefined && open().length === max, 'no room')
    check(seat.isLeader === (before === undefined), 'leader')
    fates.set(id, fate)
    seats.set(id, seat)
    if (before !== undefined) return void before.waiting.add(id)
    const flight: Flying = { key, seat, waiting: new Set([id]), state: 'flying' }
    flying.push(flight)
    seat.flight.lead(() => {
      check(flight.state === 'flying' && flight.waiting.size === 0, 'called off')
      flight.state = 'cancelled'
    })
  }
  const leave = (id: number): void => {
    const fate = fates.get(id)!
    fate.isGone = true
    for (const flight of flying) flight.waiting.delete(id)
    seats.get(id)!.leave()
    seats.delete(id)
  }
  const land = (flight: Flying): void => {
    flight.state = 'landed'
    flight.seat.flight.land(flight.key)
    for (const id of flight.waiting) check(fates.get(id)!.told === 1, 'not told')
    flight.waiting.clear()
  }

  for (let i = 0; i < 80; i++) {
    act()
    check(flights.size === open().length && flights.size <= max, 'size')
    for (const flight of open()) check(flight.seat.flight.waiting === flight.waiting.size, 'waiting')
  }
  isEnding = true
  for (const flight of open()) land(flight)
  for (const { told, isGone } of fates.values()) check(told === (isGone ? 0 : 1), 'told once or gone')
  check(flights.size === 0, 'empty')
  for (const error of errors) check((error as Error).message === 'a waiter', String(error))
}
