// Three etcds, of which some freeze, die or are alone.
import { Registrar } from '@seakeep/core/spi'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Cluster, describeReal, startEtcdCluster } from '../../../tools/real-servers/index.ts'
import { EtcdRegistry } from '../src/etcd-registry.ts'
import { answer, instanceOf, ports, registryAt, share, sleep, until } from './etcd-bench.ts'
import { EtcdWatching } from './watching.ts'

const LEASE_MS = 60_000

describeReal('etcd', 'three etcds', () => {
  let cluster: Cluster
  let registries: EtcdRegistry[]
  beforeEach(async () => {
    cluster = await startEtcdCluster(3)
    registries = []
  })
  afterEach(async () => {
    for (const registry of registries) registry.close()
    await cluster[Symbol.asyncDispose]()
  })

  function registry(endpoints: readonly string[]): EtcdRegistry {
    const made = registryAt(endpoints, {}, registries.length + 1)
    registries.push(made)
    return made
  }
  const addresses = (): string[] => cluster.members.map(({ address }) => address)
  const put = (at: EtcdRegistry, id: string): Promise<void> =>
    answer((done) => at.register(instanceOf('orders', id), LEASE_MS, done))

  it('a member that freezes is left for the next, and what happened meanwhile is told', async () => {
    const [, ...others] = cluster.members
    const reader = registry(addresses())
    const watching = new EtcdWatching()
    reader.watch('orders', watching)
    await until(() => watching.unknowns === 1, 5000)
    const writer = registry(others.map(({ address }) => address))
    await put(writer, 'a')
    await until(() => watching.ids.length === 1, 5000)
    // All are frozen in turn: the watched one, which is drawn, is among them.
    let rotated = 0
    for (const member of cluster.members) {
      const { length } = watching.errors
      member.pause()
      const live = registry(addresses().filter((address) => address !== member.address))
      for (let tries = 0; ; tries++) {
        // Where the leader froze, there is none for a moment.
        const error = await put(live, `by-${member.port}`).catch((error) => error)
        if (error === undefined) break
        if (tries === 20) throw error
        await sleep(100)
      }
      const seenMs = await until(() => watching.ids.includes(`by-${member.port}`), 12_000, 'the change')
      if (watching.errors.length > length) {
        rotated++
        console.log(`SIGSTOP of the watched member: the change was seen after ${seenMs.toFixed()} ms`)
        expect(seenMs).toBeLessThan(8000)
      }
      member.resume()
    }
    expect(rotated).toBeGreaterThan(0)
    expect(watching.ids).toHaveLength(4)
    expect(watching.shortest).toBe(1)
  })

  it('a leader that is killed takes no event, no lease and no instance along', async () => {
    const of = ports(9)
    const registering = new EtcdRegistry(share({ endpoints: addresses() }, of))
    registries.push(registering)
    const registrar = new Registrar(instanceOf('orders', 'kept'), registering, of, { ttlMs: 6000 })
    registrar.start()
    const watching = new EtcdWatching()
    registry(addresses()).watch('orders', watching)
    await until(() => watching.ids.includes('kept'), 5000, 'the registration')
    const leader = await cluster.leader()
    await leader.kill()
    const writer = registry(addresses().filter((address) => address !== leader.address))
    let written = 0
    for (let i = 0; i < 30; i++) {
      const isPut = await put(writer, `w-${i}`).then(
        () => true,
        () => false,
      )
      if (isPut) written++
      else await sleep(100)
    }
    expect(written).toBeGreaterThan(20)
    await until(() => watching.ids.length >= written + 1, 10_000, 'all that was written')
    await sleep(7000)
    // Longer than the lease: it lives on under the new leader.
    expect(watching.ids).toContain('kept')
    expect(watching.lists.slice(1).every((list) => list.some(({ id }) => id === 'kept'))).toBe(true)
    expect(of.told.filter(({ type }) => type === 'registrationLost')).toEqual([])
    await new Promise<void>((resolve) => registrar.close(resolve))
  })

  it('without a quorum it says so within seconds, the list stands, and it goes on when there is one again', async () => {
    const watching = new EtcdWatching()
    const [alone, ...others] = cluster.members
    registry([alone!.address]).watch('orders', watching)
    await put(registry(addresses()), 'a')
    await until(() => watching.ids.length === 1, 5000)
    for (const member of others) await member.kill()
    const toldMs = await until(() => watching.isInterrupted, 8000, 'the interruption')
    console.log(`no quorum: told after ${toldMs.toFixed()} ms`)
    const late = new EtcdWatching()
    registry([alone!.address]).watch('orders', late)
    await until(() => late.isInterrupted, 8000, 'the error of a new watch')
    expect(late.lists).toEqual([])
    expect(late.unknowns).toBe(0)
    expect(watching.ids).toEqual(['a'])
    await Promise.all(others.map((member) => member.restart()))
    await until(() => !watching.isInterrupted && !late.isInterrupted, 15_000, 'the recovery')
    await put(registry(addresses()), 'b')
    await until(() => watching.ids.length === 2 && late.ids.length === 2, 5000, 'the change')
    expect(watching.shortest).toBe(1)
  })
})
