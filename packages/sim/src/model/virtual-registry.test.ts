import { registryContract } from '@seakeep/core/testing'
import { describe, expect, it } from 'vitest'
import { Kernel } from '../kernel/kernel.ts'
import { createDrain } from '../kernel/node-drain.ts'
import { VirtualHost } from './virtual-host.ts'
import { VirtualRegistry } from './virtual-registry.ts'

// The suite that the in-memory registry and the real ones run: the simulated one is held to the same truth.
registryContract({ describe, it, expect }, 'the simulated registry', async () => {
  const kernel = new Kernel()
  const registry = new VirtualRegistry(kernel)
  let hosts = 0
  return {
    connect: () => registry.portFor(new VirtualHost(`host#${++hosts}`, 'host', kernel, 1)),
    pass: async (ms) => {
      await kernel.run(kernel.nowUs + ms * 1000, { drain: createDrain() })
    },
    ttlMs: 1000,
    seenWithinMs: 1,
    expiresWithinMs: 1,
    close: async () => {},
  }
})

describe('the simulated registry', () => {
  it('tells who left and who is merely gone apart, as Consul and etcd do', async () => {
    const kernel = new Kernel()
    const port = new VirtualRegistry(kernel).portFor(new VirtualHost('shop#1', 'shop', kernel, 1))
    const told: string[] = []
    port.watch('orders', {
      instances: (list, left) => told.push(`${list.map(({ id }) => id)} left ${left === undefined ? '?' : [...left]}`),
      unknown: () => told.push('unknown'),
      error: () => {},
    })
    const orders = (id: string) => ({
      id,
      service: 'orders',
      address: { host: id, port: 0 },
      protocol: 'sim',
      weight: 1,
    })
    for (const id of ['a', 'b']) port.register(orders(id), 1000, () => {})
    port.deregister(orders('a'), () => {})
    await kernel.run(2_000_000, { drain: createDrain() })
    expect(told).toEqual(['unknown', 'a left ', 'a,b left ', 'b left a', ' left '])
  })

  it('tells a host nothing of what happens after its crash', () => {
    const kernel = new Kernel()
    const registry = new VirtualRegistry(kernel)
    const host = new VirtualHost('shop#1', 'shop', kernel, 1)
    let told = 0
    const sink = { instances: () => told++, unknown: () => told++, error: () => told++ }
    registry.portFor(host).watch('orders', sink)
    expect(told).toBe(1)
    host.crash()
    registry.goDown()
    registry.comeBack()
    expect(told).toBe(1)
  })
})
