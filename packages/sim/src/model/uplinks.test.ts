import { registryContract } from '@seakeep/core/testing'
import { describe, expect, it } from 'vitest'
import { Kernel } from '../kernel/kernel.ts'
import { createDrain } from '../kernel/node-drain.ts'
import { Network } from './network.ts'
import { constant } from './samplers.ts'
import { Uplinks } from './uplinks.ts'
import { VirtualBoard } from './virtual-board.ts'
import { VirtualHost } from './virtual-host.ts'
import { VirtualRegistry } from './virtual-registry.ts'

// By way of an uplink that is whole, the registry keeps its contract.
registryContract({ describe, it, expect }, 'the simulated registry at the end of an uplink', async () => {
  const kernel = new Kernel()
  const registry = new VirtualRegistry(kernel)
  const uplinks = new Uplinks(true)
  let hosts = 0
  return {
    connect: () => {
      const host = new VirtualHost(`host#${++hosts}`, 'host', kernel, 1)
      return uplinks.registry(host, registry.portFor(host))
    },
    pass: async (ms) => {
      await kernel.run(kernel.nowUs + ms * 1000, { drain: createDrain() })
    },
    ttlMs: 1000,
    seenWithinMs: 1,
    expiresWithinMs: 1,
    close: async () => {},
  }
})

function pair() {
  const kernel = new Kernel()
  const uplinks = new Uplinks(true)
  const [near, far] = [1, 2].map((i) => new VirtualHost(`shop#${i}`, 'shop', kernel, 1)) as [VirtualHost, VirtualHost]
  const pass = (ms: number): Promise<unknown> => kernel.run(kernel.nowUs + ms * 1000, { drain: createDrain() })
  return { kernel, uplinks, near, far, pass }
}

describe('a cut uplink', () => {
  it('lets nothing be told, and tells what is now when it has healed: the last word only, and no goodbyes', () => {
    const { kernel, uplinks, near, far } = pair()
    const registry = new VirtualRegistry(kernel)
    const port = uplinks.registry(near, registry.portFor(near))
    const other = registry.portFor(far)
    const told: string[] = []
    const sink = {
      instances: (list: readonly { readonly id: string }[], left?: ReadonlySet<string>) =>
        told.push(`${list.map(({ id }) => id)} left ${[...(left ?? [])]}`),
      unknown: () => told.push('unknown'),
      error: (error: Error) => told.push(error.message),
    }
    const shop = (id: string) => ({ id, service: 'shop', address: { host: id, port: 0 }, protocol: 'sim', weight: 1 })
    const answers: (string | undefined)[] = []
    const answer = (error?: Error): number => answers.push(error?.message)
    port.watch('shop', sink)
    uplinks.cut(near)
    uplinks.cut(near)
    port.register(shop('a'), 1000, answer)
    port.heartbeat(shop('a'), 1000, answer)
    other.register(shop('b'), 1000, answer)
    other.register(shop('c'), 1000, answer)
    other.deregister(shop('b'), answer)
    uplinks.heal(near)
    const late = port.watch('shop', sink)
    expect(told).toEqual(['unknown', 'the registry cannot be reached', 'the registry cannot be reached'])
    late[Symbol.dispose]()
    uplinks.heal(near)
    expect(told.slice(3)).toEqual(['c left '])
    port.deregister(shop('c'), answer)
    expect(told.slice(4)).toEqual([' left c'])
    const lost = 'the registry cannot be reached'
    expect(answers).toEqual([lost, lost, undefined, undefined, undefined, undefined])
  })

  it('tells a host nothing of what happens after its crash', () => {
    const { kernel, uplinks, near } = pair()
    const port = uplinks.registry(near, new VirtualRegistry(kernel).portFor(near))
    let told = 0
    port.watch('shop', { instances: () => told++, unknown: () => told++, error: () => told++ })
    near.crash()
    uplinks.cut(near)
    uplinks.heal(near)
    expect(told).toBe(1)
  })

  it('keeps notes of the board from both sides until it has healed', async () => {
    const { kernel, uplinks, near, far, pass } = pair()
    const board = new VirtualBoard(kernel, new Network(kernel, constant(1)))
    const [port, other] = [uplinks.board(near, board.portFor(near)), uplinks.board(far, board.portFor(far))]
    const heard: string[] = []
    const sinkOf = (who: string) => ({
      note: (_peer: string, note: string) => heard.push(`${who} hears ${note}`),
      gone: () => heard.push(`${who} hears no more`),
    })
    port.watch('pace', sinkOf('near'))
    other.watch('pace', sinkOf('far'))
    uplinks.cut(near)
    port.publish('pace', 'unheard', 60_000)
    other.publish('pace', 'one', 60_000)
    await pass(100)
    const note = other.publish('pace', 'two', 60_000)
    await pass(100)
    expect(heard).toEqual([])
    uplinks.heal(near)
    expect(heard).toEqual(['near hears two'])
    port.publish('pace', 'heard', 60_000)
    await pass(100)
    uplinks.cut(near)
    note[Symbol.dispose]()
    await pass(100)
    expect(heard).toEqual(['near hears two', 'far hears heard'])
    uplinks.heal(near)
    expect(heard.slice(2)).toEqual(['near hears no more'])
  })
})
