import type { LockSink } from '@seakeep/core/spi'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  describeReal,
  type RealServer,
  startEtcd,
  startTcpProxy,
  type TcpProxy,
} from '../../../tools/real-servers/index.ts'
import { EtcdLock } from '../src/etcd-lock.ts'
import { Gateway, ports, share, sleep, until } from './etcd-bench.ts'

const TTL_MS = 2000

class Holder implements LockSink {
  readonly fences: bigint[] = []
  readonly losses: Error[] = []
  readonly errors: Error[] = []
  isHolder = false

  acquired(fence: bigint): void {
    this.fences.push(fence)
    this.isHolder = true
  }
  lost(error: Error): void {
    this.losses.push(error)
    this.isHolder = false
  }
  error(error: Error): void {
    this.errors.push(error)
  }
}

describeReal('etcd', 'EtcdLock', () => {
  let server: RealServer
  let proxy: TcpProxy
  let locks: EtcdLock[]
  beforeEach(async () => {
    server = await startEtcd()
    proxy = await startTcpProxy(server)
    locks = []
  })
  afterEach(async () => {
    for (const lock of locks) lock.close()
    await proxy[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })
  function lockAt(address: string): EtcdLock {
    const lock = new EtcdLock(share({ endpoints: [address], requestTimeout: '500ms' }, ports(locks.length)))
    locks.push(lock)
    return lock
  }

  it('one holds it, the next has it when that one lets go, and fences grow', async () => {
    const holders = Array.from({ length: 4 }, () => new Holder())
    const handles = holders.map((holder) => lockAt(server.address).acquire('a/b', TTL_MS, holder))
    const order: Holder[] = []
    for (let round = 0; round < holders.length; round++) {
      await until(() => holders.filter(({ isHolder }) => isHolder).length === 1, 3000, 'a holder')
      await sleep(150)
      const now = holders.filter(({ isHolder }) => isHolder)
      expect(now).toHaveLength(1)
      order.push(now[0]!)
      now[0]!.isHolder = false
      handles[holders.indexOf(now[0]!)]?.[Symbol.dispose]()
    }
    expect(new Set(order).size).toBe(4)
    const fences = order.map(({ fences: [fence] }) => fence!)
    expect(fences).toEqual([...fences].sort((a, b) => (a < b ? -1 : 1)))
    expect(new Set(fences).size).toBe(4)
    await until(() => true, 100)
    await sleep(100)
    expect(await new Gateway(server.address).keys('seakeep/locks/')).toEqual([])
  })

  it('a holder whose connection is dead knows it before another one has the lock', async () => {
    const [first, second] = [new Holder(), new Holder()]
    lockAt(proxy.address).acquire('leader', TTL_MS, first)
    await until(() => first.isHolder, 3000)
    lockAt(server.address).acquire('leader', TTL_MS, second)
    await sleep(TTL_MS * 1.5)
    expect([first.isHolder, second.isHolder]).toEqual([true, false])
    proxy.swallow()
    await until(() => second.isHolder, TTL_MS + 3000, 'the second')
    expect(first.isHolder).toBe(false)
    expect(first.losses[0]?.message).toContain('no answer for 2 s')
    expect(second.fences[0]! > first.fences[0]!).toBe(true)
    proxy.heal()
    await sleep(1000)
    expect([first.isHolder, second.isHolder]).toEqual([false, true])
  })

  it('a lease that was revoked is a loss, and the lock is asked for again', async () => {
    const [holder, gateway] = [new Holder(), new Gateway(server.address)]
    lockAt(server.address).acquire('leader', TTL_MS, holder)
    await until(() => holder.isHolder, 3000)
    const [key] = await gateway.keys('seakeep/locks/')
    await gateway.ask('lease/revoke', { ID: key?.lease })
    await until(() => holder.losses.length === 1, 1000, 'the loss')
    await until(() => holder.isHolder, 3000, 'the lock again')
    expect(holder.fences[1]! > holder.fences[0]!).toBe(true)
  })

  it('etcd that is away is an error, and the lock is had when it is back', async () => {
    const holder = new Holder()
    proxy.refuse()
    lockAt(proxy.address).acquire('leader', TTL_MS, holder)
    await until(() => holder.errors.length > 0, 3000, 'the error')
    expect(holder.losses).toEqual([])
    proxy.heal()
    await until(() => holder.isHolder, 8000, 'the lock')
  })
})
