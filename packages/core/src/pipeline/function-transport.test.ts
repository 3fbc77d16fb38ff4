import { describe, expect, it } from 'vitest'
import { Bench } from '../../test/bench.ts'

/** Throws when it is looked at. */
const broken = (name: string): object => Object.defineProperty({}, name, { get: () => throwing(`no ${name} yet`) })

function throwing(message: string): never {
  throw new Error(message)
}

describe('a guarded function whose result throws when it is asked for its status', () => {
  it.each([
    ['a value', () => broken('status')],
    ['a promise', () => Promise.resolve(broken('status'))],
    // biome-ignore lint/suspicious/noThenProperty: a promise of another make
    ['another promise', () => ({ then: (told: (value: unknown) => void) => void told(broken('status')) })],
    ['what may be a promise', () => broken('then')],
  ])('fails with that, be it %s, and frees its permit', async (what, run) => {
    const bench = new Bench()
    const policy = bench.runtime.policy({ name: 'p', concurrency: { limit: 1 } })
    const watched = bench.watch(policy.execute(run as () => Promise<unknown>))
    await bench.pass(0)
    expect(watched.isSettled).toBe(true)
    const cause = what === 'what may be a promise' ? 'no then yet' : 'no status yet'
    expect(watched.error).toBeInstanceOf(Error)
    expect(`${String(watched.error)} ${String((watched.error as Error).cause)}`).toContain(cause)
    expect(policy.state.value.inFlight).toBe(0)
  })

  it('wraps an error that cannot be asked', async () => {
    const bench = new Bench()
    const policy = bench.runtime.policy({ name: 'p', concurrency: { limit: 1 } })
    const thrown = broken('status')
    const watched = bench.watch(policy.execute(() => Promise.reject(thrown)))
    await bench.pass(0)
    expect([watched.isSettled, policy.state.value.inFlight]).toEqual([true, 0])
    expect([watched.error, (watched.error as Error).cause]).toContainEqual(
      expect.objectContaining({ message: 'the error cannot be read' }),
    )
  })
})
