import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { TimerTask } from './clock.ts'
import { realClock } from './real-clock.ts'

// Real time is what is tested here, so these few tests wait for it: milliseconds, and by the clock under test.

describe('realClock', () => {
  it('never fires early, and fires in order', async () => {
    const clock = realClock()
    const fired: number[] = []
    const begun = clock.now()
    await new Promise<void>((resolve) => {
      let open = 200
      for (let i = 0; i < 200; i++) {
        // Fractions of a millisecond, armed out of order.
        const atMs = begun + ((i * 61) % 200) * 0.1371
        const task: TimerTask = {
          onTimer: () => {
            expect(clock.now()).toBeGreaterThanOrEqual(atMs)
            fired.push(Math.ceil(atMs))
            if (--open === 0) resolve()
          },
        }
        clock.schedule(atMs, task)
      }
    })
    expect(fired).toEqual([...fired].sort((a, b) => a - b))
  })

  it('takes an earlier timer than the one it waits for, and forgets a cancelled one', async () => {
    const clock = realClock()
    const told: string[] = []
    const far = clock.schedule(clock.now() + 60_000, { onTimer: () => told.push('far') })
    const cancelled = clock.schedule(clock.now() + 1, { onTimer: () => told.push('cancelled') })
    cancelled.cancel()
    await new Promise<void>((resolve) => {
      clock.schedule(clock.now() + 3, { onTimer: () => resolve() })
    })
    far.cancel()
    expect(told).toEqual([])
  })

  it('runs what is due at once later, never inside schedule, and not for ever in one turn', async () => {
    const clock = realClock()
    let isInside = true
    let turns = 0
    const seen: number[] = []
    const turn = () => {
      turns++
      if (seen.length < 5) setImmediate(turn)
    }
    setImmediate(turn)
    await new Promise<void>((resolve) => {
      const task: TimerTask = {
        onTimer: () => {
          expect(isInside).toBe(false)
          seen.push(turns)
          if (seen.length === 5) resolve()
          else clock.schedule(0, task)
        },
      }
      clock.schedule(clock.now() - 10, task)
      isInside = false
    })
    expect(new Set(seen).size).toBe(5)
  })

  it('fires far timers, whose real timer is armed in steps', async () => {
    const clock = realClock()
    const atMs = clock.now() + 2 ** 40
    let isFired = false
    const timers = [atMs, atMs + 1, 2 ** 52].map((at) => clock.schedule(at, { onTimer: () => (isFired = true) }))
    await new Promise<void>((resolve) => {
      clock.schedule(clock.now() + 5, { onTimer: () => resolve() })
    })
    for (const timer of timers) timer.cancel()
    expect(isFired).toBe(false)
  })

  it('tells wall-clock time', () => {
    expect(Math.abs(realClock().wallNow() - Date.now())).toBeLessThan(1000)
  })
})

describe('realClock in a process of its own', () => {
  const file = fileURLToPath(new URL('./real-clock.ts', import.meta.url))

  /** Runs a script with a clock `c`; answers what it printed. It is killed, and the test fails, after 4 s. */
  function run(script: string): string {
    const source = `const { realClock } = await import(${JSON.stringify(file)}); const c = realClock(); const print = (x) => process.stdout.write(x + ' ');\n${script}`
    const args = ['--input-type=module', '--disable-warning=ExperimentalWarning', '--eval', source]
    return execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 4_000 }).trim()
  }

  it('holds the process while a timer is armed, and no longer', () => {
    const printed = run(`
      c.schedule(c.now() + 60_000, { onTimer: () => print('cancelled') }).cancel()
      const again = c.schedule(c.now() + 50_000, { onTimer: () => print('cancelled') })
      c.schedule(c.now() + 30, { onTimer: () => { print('fired'); again.cancel() } })
      process.on('exit', () => print('exit'))`)
    expect(printed).toBe('fired exit')
  })

  it('holds it for none that was cancelled', () => {
    const printed = run(`
      c.schedule(c.now() + 60_000, { onTimer: () => print('cancelled') }).cancel()
      process.on('exit', () => print('exit'))`)
    expect(printed).toBe('exit')
  })

  it('holds it also for a timer that is armed after an idle time, behind the real timer that is there', () => {
    const printed = run(`
      c.schedule(c.now() + 20, { onTimer: () => print('cancelled') }).cancel()
      c.schedule(c.now() + 40, { onTimer: () => print('fired') })`)
    expect(printed).toBe('fired')
  })

  it('does not hold it for what only looks after something, which fires all the same while something else does', () => {
    const printed = run(`
      c.schedule(c.now() + 60_000, { isBackground: true, onTimer: () => print('never') })
      c.schedule(c.now() + 10, { isBackground: true, onTimer: () => print('background') })
      c.schedule(c.now() + 20, { onTimer: () => print('fired') })
      c.schedule(c.now() + 50_000, { onTimer: () => print('cancelled') }).cancel()
      process.on('exit', () => print('exit'))`)
    expect(printed).toBe('background fired exit')
  })

  it('is held by hand, behind a timer that holds nothing, and let go', () => {
    const printed = run(`
      c.schedule(c.now() + 60_000, { isBackground: true, onTimer: () => print('never') })
      c.hold()
      c.hold()
      c.release()
      c.schedule(c.now() + 10, { isBackground: true, onTimer: () => { print('held'); c.release() } })
      process.on('exit', () => print('exit'))`)
    expect(printed).toBe('held exit')
  })

  it('loses no timer to a task that throws', () => {
    const printed = run(`
      process.on('uncaughtException', (error) => print(error.message))
      const at = c.now() + 5
      for (const name of ['a', 'b', 'c']) c.schedule(at, { onTimer: () => { if (name === 'b') throw new Error('thrown'); print(name) } })
      c.schedule(at + 20, { onTimer: () => print('d') })`)
    expect(printed).toBe('a thrown c d')
  })
})
