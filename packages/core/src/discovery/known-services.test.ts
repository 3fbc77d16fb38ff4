import { expect, it } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { KnownServices } from './known-services.ts'
import type { Registry, RegistrySink } from './registry.ts'

class AskedRegistry implements Registry {
  readonly name = 'asked'
  readonly sinks: RegistrySink[] = []
  open = 0
  watch(_service: string, sink: RegistrySink): Disposable {
    this.sinks.push(sink)
    this.open += 1
    return {
      [Symbol.dispose]: () => {
        this.open -= 1
      },
    }
  }
  register(): void {}
  heartbeat(): void {}
  deregister(): void {}
  close(): void {}
}

function asking() {
  const clock = new ManualClock()
  const registries = [new AskedRegistry(), new AskedRegistry()] as const
  const known = new KnownServices(registries, clock)
  const answers: boolean[] = []
  const ask = (name = 'payments'): void => known.ask(name, (isKnown) => answers.push(isKnown))
  return { clock, registries, ask, answers }
}

it('a name is a service where any registry knows it, and stays one', () => {
  const { clock, registries, ask, answers } = asking()
  ask()
  registries[0].sinks[0]?.unknown()
  expect(answers).toEqual([])
  registries[1].sinks[0]?.instances([])
  expect(answers).toEqual([true])
  clock.advance(1e9)
  ask()
  expect(answers).toEqual([true, true])
  expect(registries.map(({ open, sinks }) => [open, sinks.length])).toEqual([
    [0, 1],
    [0, 1],
  ])
})

it('no standing watch is left for a host that is none, and it is asked for again after 10 s', () => {
  const { clock, registries, ask, answers } = asking()
  ask()
  ask()
  for (const { sinks } of registries) sinks[0]?.unknown()
  expect(answers).toEqual([false, false])
  expect(registries.map(({ open }) => open)).toEqual([0, 0])
  clock.advance(9999)
  ask()
  expect(registries[0].sinks.length).toBe(1)
  clock.advance(1)
  ask()
  expect(registries[0].sinks.length).toBe(2)
})

it('a registry that fails or says nothing is believed to know nothing for a second only', () => {
  const { clock, registries, ask, answers } = asking()
  ask()
  registries[0].sinks[0]?.error(new Error('down'))
  clock.advance(1000)
  expect(answers).toEqual([false])
  ask()
  expect(registries[0].sinks.length).toBe(1)
  clock.advance(1000)
  ask()
  expect(registries[0].sinks.length).toBe(2)
  expect(clock.pending).toBe(1)
})

it('without a registry nothing is a service', () => {
  const answers: boolean[] = []
  const clock = new ManualClock()
  new KnownServices([], clock).ask('payments', (isKnown) => answers.push(isKnown))
  expect([answers, clock.pending]).toEqual([[false], 0])
})
