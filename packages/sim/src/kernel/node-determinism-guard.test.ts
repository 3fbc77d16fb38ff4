import { afterEach, describe, expect, it } from 'vitest'
import { Kernel } from './kernel.ts'
import { determinismGuard } from './node-determinism-guard.ts'
import { createDrain } from './node-drain.ts'

const real = {
  setTimeout,
  setInterval,
  setImmediate,
  fetch,
  Date,
  dateNow: Date.now,
  random: Math.random,
  performanceNow: performance.now,
  hrtime: process.hrtime,
  bigint: process.hrtime.bigint,
  randomUUID: crypto.randomUUID,
  abortTimeout: AbortSignal.timeout,
}

function present(): typeof real {
  return {
    setTimeout,
    setInterval,
    setImmediate,
    fetch,
    Date,
    dateNow: Date.now,
    random: Math.random,
    performanceNow: performance.now,
    hrtime: process.hrtime,
    bigint: process.hrtime.bigint,
    randomUUID: crypto.randomUUID,
    abortTimeout: AbortSignal.timeout,
  }
}

/** Runs `inside` with the guard on and returns what it threw. */
function refusalOf(inside: () => unknown): Error | undefined {
  determinismGuard.enter()
  let thrown: unknown
  try {
    inside()
  } catch (error) {
    thrown = error
  } finally {
    determinismGuard.leave()
  }
  return thrown as Error | undefined
}

afterEach(() => {
  expect(present()).toEqual(real)
  expect(Object.hasOwn(performance, 'now')).toBe(false)
})

describe('determinismGuard', () => {
  it.each([
    ['setTimeout()', () => setTimeout(() => {}, 1), 'context.work('],
    ['setInterval()', () => setInterval(() => {}, 1), 'context.clock'],
    ['setImmediate()', () => setImmediate(() => {}), 'context.clock'],
    ['AbortSignal.timeout()', () => AbortSignal.timeout(1), 'context.deadline'],
    ['Date.now()', () => Date.now(), 'context.clock.wallNow()'],
    ['new Date()', () => new Date(), 'context.clock.wallNow()'],
    ['Date()', () => Date(), 'context.clock.wallNow()'],
    ['performance.now()', () => performance.now(), 'context.clock.now()'],
    ['process.hrtime()', () => process.hrtime(), 'context.clock.now()'],
    ['process.hrtime.bigint()', () => process.hrtime.bigint(), 'context.clock.now()'],
    ['Math.random()', () => Math.random(), 'context.random'],
    ['crypto.randomUUID()', () => crypto.randomUUID(), 'context.random'],
    ['crypto.getRandomValues()', () => crypto.getRandomValues(new Uint8Array(1)), 'context.random'],
    ['fetch()', () => fetch('http://127.0.0.1:1'), 'context.client('],
  ])('refuses %s, and names the line and what to use instead', (name, call, instead) => {
    const error = refusalOf(call)
    expect(error?.message.startsWith(`${name} is not simulated`)).toBe(true)
    expect(error?.message).toContain(instead)
    expect(error?.message).toMatch(/node-determinism-guard\.test\.ts:\d+:\d+/)
    expect(error?.stack?.split('\n')[1]).toContain('node-determinism-guard.test.ts')
  })

  it('leaves alone what reads no clock', () => {
    expect(
      refusalOf(() => {
        const day = new Date(0)
        expect(day).toBeInstanceOf(Date)
        expect(day.toISOString()).toBe('1970-01-01T00:00:00.000Z')
        expect(new Date('2026-01-01').getTime()).toBe(Date.UTC(2026, 0, 1))
        expect(Date.parse('2026-01-01')).toBe(1_767_225_600_000)
        class Day extends Date {}
        expect(new Day(0)).toBeInstanceOf(Day)
      }),
    ).toBeUndefined()
  })

  it('is off only when all runs of the process have left it', () => {
    determinismGuard.enter()
    determinismGuard.enter()
    determinismGuard.leave()
    expect(() => Math.random()).toThrow('not simulated')
    determinismGuard.leave()
    determinismGuard.leave()
    expect(Math.random()).toBeLessThan(1)
    expect(refusalOf(() => Math.random())).toBeInstanceOf(Error)
  })

  it.each(['auto', 'immediate'] as const)(
    'is on for handlers of a run, and off after it has failed (%s)',
    async (method) => {
      const kernel = new Kernel()
      const seen: unknown[] = []
      const handler = async (): Promise<void> => {
        await null
        try {
          Math.random()
        } catch (error) {
          kernel.fail(error)
        }
      }
      kernel.at(10, {
        onTimer: () => {
          kernel.mark()
          void handler()
        },
      })
      kernel.at(20, { onTimer: () => seen.push('after the failure') })
      const run = kernel.run(1000, { drain: createDrain({ method, guard: determinismGuard }) })
      expect(Math.random()).toBeLessThan(1)
      await expect(run).rejects.toThrow(/Math\.random\(\) is not simulated: use context\.random .*handler/)
      expect(present()).toEqual(real)
      expect(seen).toEqual([])
    },
  )
})
