// Parts of a user's own, bound as for a process, in every runtime of a simulation.
import { CountingBalancer, type Pickable, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { describe, expect, it } from 'vitest'
import { constantArrivalRate, service, simulate } from '../src/index.ts'

/** Always the first that may be picked. */
class FirstInLine extends CountingBalancer {
  readonly algorithm = 'first-in-line'
  picker<Row extends Pickable>(rows: readonly Row[]) {
    return { pick: () => rows.find(({ eligible }) => eligible) ?? rows[0] }
  }
}

const scenario = {
  duration: '10s',
  policies: { version: 1, targets: { api: { loadBalancing: 'round-robin' } } },
  topology: { api: service({ replicas: 3, work: '1ms' }) },
  workload: [constantArrivalRate({ to: 'api', rate: 100 })],
} as const

const balancer = (make: () => unknown) =>
  new ContainerModule(({ rebind }) => {
    rebind(Tokens.balancer).toConstantValue(make as never)
  })

describe('the modules of a scenario', () => {
  it('replace the balancer of every runtime', async () => {
    const bare = await simulate(scenario)
    expect(bare.services.api?.instances['api#1']?.arrivals).toBeLessThan(340)
    const own = await simulate({ ...scenario, modules: [balancer(() => new FirstInLine())] })
    expect(own.services.api?.instances['api#1']?.arrivals).toBe(1000)
  })

  it('leave to the built-in algorithm what they do not answer, and change no trace by that', async () => {
    const bare = await simulate(scenario)
    const own = await simulate({ ...scenario, modules: [balancer(() => undefined)] })
    expect(own.traceHash).toBe(bare.traceHash)
  })

  it('are checked, and refused as code that reads real time', async () => {
    await expect(simulate({ ...scenario, modules: [{}] })).rejects.toThrow(
      'modules.0: an object is not allowed; a container module',
    )
    const late = balancer(() => {
      new Function('return Date.now()')()
      return undefined
    })
    await expect(simulate({ ...scenario, modules: [late] })).rejects.toThrow(/Date/)
  })
})
