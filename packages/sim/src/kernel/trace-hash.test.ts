import { describe, expect, it } from 'vitest'
import { TraceHash, TraceHashes } from './trace-hash.ts'

function hashOf(facts: readonly (readonly [number, number, number, number, number])[]): TraceHash {
  const hash = new TraceHash()
  for (const fact of facts) hash.add(...fact)
  return hash
}

describe('TraceHash', () => {
  it('keeps its value over versions of the engine', () => {
    expect(new TraceHash().digest()).toMatchInlineSnapshot(`"1388a0fba3c512d3"`)
    expect(
      hashOf([
        [0, 1, 0xdeadbeef, 7, 0],
        [1500, 2, 0xdeadbeef, 7, 1],
        [2 ** 40 + 3, 3, 1, 0xffffffff, 2],
      ]).digest(),
    ).toMatchInlineSnapshot(`"7f50257027a0e699"`)
  })

  it('is the same for one of many side by side, whatever the others see', () => {
    const facts: readonly [number, number, number, number, number][] = [
      [0, 1, 0xdeadbeef, 7, 0],
      [1500, 2, 0xdeadbeef | 0, -7, 13],
      [2 ** 40 + 3, 9, 1, 0xffffffff, 2],
    ]
    const hashes = new TraceHashes()
    const all = Array.from({ length: 100 }, () => hashes.open())
    for (const fact of facts) for (const hash of all) if (hash % 3 === 0) hashes.add(hash, ...fact)
    const [seen, unseen] = [hashOf(facts).digest(), new TraceHash().digest()]
    expect(all.map((hash) => hashes.digest(hash))).toEqual(all.map((hash) => (hash % 3 === 0 ? seen : unseen)))
  })

  it('tells apart facts in another order and facts that differ in one number', () => {
    const base = [
      [10, 1, 5, 6, 0],
      [10, 2, 5, 6, 0],
    ] as const
    const seen = new Set<string>([hashOf(base).digest(), hashOf([base[1], base[0]]).digest()])
    for (let i = 0; i < 5; i++) {
      for (let bit = 0; bit < 15; bit++) {
        const changed = base[0].map((n, j) => (j === i ? n ^ (1 << bit) : n)) as unknown as (typeof base)[0]
        seen.add(hashOf([changed, base[1]]).digest())
      }
    }
    expect(seen.size).toBe(2 + 5 * 15)
    // Bits of the time above 32 count, too.
    expect(hashOf([[10 + 2 ** 33, 1, 5, 6, 0]]).digest()).not.toBe(hashOf([[10, 1, 5, 6, 0]]).digest())
  })

  it('has no collision among many small facts, and in one lane no more than chance allows', () => {
    const digests = new Set<string>()
    const low = new Set<string>()
    for (let time = 0; time < 5; time++) {
      for (let entity = 0; entity < 100; entity++) {
        for (let call = 0; call < 100; call++) {
          const digest = hashOf([[time, 1, entity, call, 0]]).digest()
          digests.add(digest)
          low.add(digest.slice(0, 8))
        }
      }
    }
    expect(digests.size).toBe(5e4)
    // (5e4)^2 / 2^33 = 0.3 collisions are expected of one perfect lane of 32 bits.
    expect(5e4 - low.size).toBeLessThan(5)
  })

  it('is not changed by a look at it', () => {
    const hash = hashOf([[1, 2, 3, 4, 5]])
    const before = hash.digest()
    expect(hash.digest()).toBe(before)
  })

  it('writes a checkpoint for each step, so that a longer run repeats the list of a shorter one', () => {
    const run = (untilUs: number): readonly string[] => {
      const hash = new TraceHash(1000)
      for (const time of [10, 999, 1000, 1700, 4200]) if (time < untilUs) hash.add(time, 1, 2, 3, 4)
      hash.closeSteps(untilUs)
      return hash.checkpoints
    }
    const long = run(6000)
    expect(long).toHaveLength(6)
    // The fact at 1000 belongs to the second step; nothing happened in the third and fourth.
    expect(long[0]).toBe(
      hashOf([
        [10, 1, 2, 3, 4],
        [999, 1, 2, 3, 4],
      ]).digest(),
    )
    expect(long[1]).not.toBe(long[0])
    expect(long.slice(1, 4)).toEqual([long[1], long[1], long[1]])
    expect(run(2000)).toEqual(long.slice(0, 2))
    expect(run(4000)).toEqual(long.slice(0, 4))
  })
})
