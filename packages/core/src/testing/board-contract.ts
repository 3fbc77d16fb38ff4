/**
 * What every shared board owes those who leave notes on it, as one suite: run by the in-memory, the simulated, the Consul and
 * the etcd side alike.
 *
 * A board may tell inside the call or later, may tell a note again, and may leave out one that another has replaced; all of
 * it is left open here.
 */
import type { BoardSink, SharedBoard } from '../sharing/shared-board.ts'
import type { ContractApi } from './transport-contract.ts'

/** A board to be held to the contract, in whatever time it lives. */
export interface BoardHarness {
  /** Another peer at the same board. */
  connect(): SharedBoard
  /** Lets time pass, with all that arrives meanwhile. */
  pass(ms: number): Promise<void>
  /** The shortest time a note can stand. */
  readonly ttlMs: number
  /** The longest until a change has come through. */
  readonly seenWithinMs: number
  /** How long after its end a note may still be told to newcomers. */
  readonly expiresWithinMs: number
  /** Makes the board unreachable for everybody, until disposed of. Where there is no way to, those tests are left out. */
  interrupt?(): Disposable
  /** Put before the names of topics, so that runs against one real board do not meet. Default none. */
  readonly prefix?: string
  close(): Promise<void>
}

/** What one peer was told. */
class Reading implements BoardSink {
  readonly notes = new Map<string, string>()
  handle: Disposable | undefined = undefined
  words = 0
  /** Every note that was told, in order. */
  readonly all: string[] = []

  get texts(): readonly string[] {
    return [...this.notes.values()].sort()
  }
  note(peer: string, note: string): void {
    this.words++
    this.all.push(note)
    this.notes.set(peer, note)
  }
  gone(peer: string): void {
    this.words++
    this.notes.delete(peer)
  }
}

class Bench {
  readonly harness: BoardHarness
  readonly topic: string
  readonly longMs: number
  readonly #peers: SharedBoard[] = []

  constructor(harness: BoardHarness, number: number) {
    this.harness = harness
    this.topic = `${harness.prefix ?? ''}contract/${number}`
    this.longMs = 20 * harness.ttlMs
  }

  connect(): SharedBoard {
    const peer = this.harness.connect()
    this.#peers.push(peer)
    return peer
  }

  read(peer: SharedBoard, topic: string = this.topic): Reading {
    const reading = new Reading()
    reading.handle = peer.watch(topic, reading)
    return reading
  }

  /** Waits until exactly these notes stand; whether they did in time. */
  async sees(reading: Reading, texts: readonly string[], moreMs: number = 0): Promise<boolean> {
    const { seenWithinMs } = this.harness
    const wanted = JSON.stringify([...texts].sort())
    const stepMs = Math.max(1, seenWithinMs / 20)
    for (let passedMs = 0; passedMs <= seenWithinMs + moreMs; passedMs += stepMs) {
      if (JSON.stringify(reading.texts) === wanted) return true
      await this.harness.pass(stepMs)
    }
    return JSON.stringify(reading.texts) === wanted
  }

  settle(): Promise<void> {
    return this.harness.pass(this.harness.seenWithinMs)
  }

  async close(): Promise<void> {
    for (const peer of this.#peers) peer.close()
    await this.harness.close()
  }
}

export function boardContract(api: ContractApi, name: string, create: () => Promise<BoardHarness>): void {
  const { describe, it, expect } = api
  let tests = 0

  describe(`${name} keeps the board contract`, () => {
    const check = (title: string, test: (bench: Bench) => Promise<void>): void =>
      it(title, async () => {
        const bench = new Bench(await create(), ++tests)
        try {
          await test(bench)
        } finally {
          await bench.close()
        }
      })

    check('a note is read by who watched before and by who comes later, and not by its author', async (bench) => {
      const [author, reader] = [bench.connect(), bench.connect()]
      const [own, early] = [bench.read(author), bench.read(reader)]
      author.publish(bench.topic, 'open 5 "ü" /', bench.longMs)
      expect(await bench.sees(early, ['open 5 "ü" /'])).toBe(true)
      expect(await bench.sees(bench.read(bench.connect()), ['open 5 "ü" /'])).toBe(true)
      expect(own.words).toBe(0)
    })

    check('each peer has one note on a topic, the last, and each topic its own', async (bench) => {
      const [one, two, reader] = [bench.connect(), bench.connect(), bench.connect()]
      const other = `${bench.topic}/other`
      const [here, there] = [bench.read(reader), bench.read(reader, other)]
      one.publish(bench.topic, 'a', bench.longMs)
      two.publish(bench.topic, 'b', bench.longMs)
      one.publish(other, 'c', bench.longMs)
      expect(await bench.sees(here, ['a', 'b'])).toBe(true)
      one.publish(bench.topic, 'd', bench.longMs)
      expect(await bench.sees(here, ['b', 'd'])).toBe(true)
      expect(await bench.sees(there, ['c'])).toBe(true)
    })

    check('of many notes of one peer the last is the one that stays', async (bench) => {
      const [author, reader] = [bench.connect(), bench.connect()]
      const reading = bench.read(reader)
      for (let i = 0; i < 30; i++) author.publish(bench.topic, `${i}`, bench.longMs)
      expect(await bench.sees(reading, ['29'])).toBe(true)
      await bench.settle()
      expect(reading.texts).toEqual(['29'])
      const order = reading.all.map(Number)
      expect(order.every((number, at) => at === 0 || number >= order[at - 1]!)).toBe(true)
    })

    check('a note that is taken down is gone; the handle of one that was replaced does nothing', async (bench) => {
      const [author, reader] = [bench.connect(), bench.connect()]
      const reading = bench.read(reader)
      const first = author.publish(bench.topic, 'first', bench.longMs)
      const second = author.publish(bench.topic, 'second', bench.longMs)
      expect(await bench.sees(reading, ['second'])).toBe(true)
      first[Symbol.dispose]()
      await bench.settle()
      expect(reading.texts).toEqual(['second'])
      second[Symbol.dispose]()
      second[Symbol.dispose]()
      expect(await bench.sees(reading, [])).toBe(true)
      expect(await bench.sees(bench.read(bench.connect()), [])).toBe(true)
    })

    check('a note runs out at its end and not before, unless it is put up again', async (bench) => {
      const [author, reader] = [bench.connect(), bench.connect()]
      const [kept, left] = [bench.read(reader), bench.read(reader, `${bench.topic}/left`)]
      const { ttlMs, expiresWithinMs } = bench.harness
      author.publish(`${bench.topic}/left`, 'left', ttlMs)
      author.publish(bench.topic, 'kept 1', ttlMs)
      await bench.sees(left, ['left'])
      await bench.harness.pass(ttlMs * 0.6)
      expect([left.texts, kept.texts]).toEqual([['left'], ['kept 1']])
      author.publish(bench.topic, 'kept 2', bench.longMs)
      expect(await bench.sees(left, [], ttlMs * 0.4 + expiresWithinMs)).toBe(true)
      expect(kept.texts).toEqual(['kept 2'])
    })

    check('a closed peer takes its notes with it and is told nothing more', async (bench) => {
      const [leaver, stayer] = [bench.connect(), bench.connect()]
      const [deaf, reading] = [bench.read(leaver), bench.read(stayer)]
      leaver.publish(bench.topic, 'bye', bench.longMs)
      expect(await bench.sees(reading, ['bye'])).toBe(true)
      leaver.close()
      expect(await bench.sees(reading, [])).toBe(true)
      const { words } = deaf
      stayer.publish(bench.topic, 'anybody?', bench.longMs)
      leaver.publish(bench.topic, 'still here', bench.longMs)
      await bench.settle()
      expect([deaf.words, reading.texts]).toEqual([words, []])
    })

    check('a watch that is disposed of is told nothing more; others are, one that throws included', async (bench) => {
      const [author, reader] = [bench.connect(), bench.connect()]
      const [stopped, thrower, kept] = [bench.read(reader), bench.read(reader), bench.read(reader)]
      thrower.note = () => {
        throw new Error('a reader has thrown')
      }
      author.publish(bench.topic, 'a', bench.longMs)
      expect(await bench.sees(stopped, ['a'])).toBe(true)
      stopped.handle?.[Symbol.dispose]()
      stopped.handle?.[Symbol.dispose]()
      const { words } = stopped
      author.publish(bench.topic, 'b', bench.longMs)
      expect(await bench.sees(kept, ['b'])).toBe(true)
      await bench.settle()
      expect(stopped.words).toBe(words)
    })

    check('after an interruption all is told that was missed', async (bench) => {
      const [one, two, reader] = [bench.connect(), bench.connect(), bench.connect()]
      const reading = bench.read(reader)
      one.publish(bench.topic, 'a', bench.longMs)
      const leaving = two.publish(bench.topic, 'b', bench.longMs)
      expect(await bench.sees(reading, ['a', 'b'])).toBe(true)
      const interruption = bench.harness.interrupt?.()
      if (interruption === undefined) return
      one.publish(bench.topic, 'c', bench.longMs)
      leaving[Symbol.dispose]()
      await bench.settle()
      expect(reading.texts).toEqual(['a', 'b'])
      const late = bench.read(bench.connect())
      interruption[Symbol.dispose]()
      expect(await bench.sees(reading, ['c'])).toBe(true)
      expect(await bench.sees(late, ['c'])).toBe(true)
    })
  })
}
