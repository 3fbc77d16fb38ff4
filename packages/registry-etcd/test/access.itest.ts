// Passwords, permissions and certificates.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeReal, hasOpenssl, type RealServer, startEtcd } from '../../../tools/real-servers/index.ts'
import { EtcdRegistry } from '../src/etcd-registry.ts'
import { answer, base64, Gateway, instanceOf, registryAt, share, sleep, until } from './etcd-bench.ts'
import { EtcdWatching } from './watching.ts'

const LEASE_MS = 60_000

describeReal('etcd', 'etcd with authentication', () => {
  let server: RealServer
  let gateway: Gateway
  let registries: EtcdRegistry[]
  beforeEach(async () => {
    server = await startEtcd({ args: ['--auth-token-ttl', '3'] })
    registries = []
    gateway = new Gateway(server.address)
    await gateway.ask('auth/role/add', { name: 'seakeep' })
    await gateway.ask('auth/role/grant', {
      name: 'seakeep',
      perm: { permType: 'READWRITE', key: base64('seakeep/'), range_end: base64('seakeep0') },
    })
    for (const [user, role] of [
      ['root', 'root'],
      ['orders', 'seakeep'],
      ['nobody', ''],
    ] as const) {
      await gateway.ask('auth/user/add', { name: user, password: 'secret' })
      if (role === 'root') await gateway.ask('auth/role/add', { name: 'root' })
      if (role !== '') await gateway.ask('auth/user/grant', { user, role })
    }
    await gateway.ask('auth/enable', {})
    await gateway.login('root', 'secret')
  })
  afterEach(async () => {
    for (const registry of registries) registry.close()
    await server[Symbol.asyncDispose]()
  })

  function registry(user?: string, password = 'secret'): EtcdRegistry {
    const made = registryAt([server.address], user === undefined ? {} : { auth: { user, password } })
    registries.push(made)
    return made
  }
  const put = (at: EtcdRegistry, id: string): Promise<void> =>
    answer((done) => at.register(instanceOf('orders', id), LEASE_MS, done))

  it('a token that has run out is asked for anew, by questions and by watches', async () => {
    const mine = registry('orders')
    const watching = new EtcdWatching()
    mine.watch('orders', watching)
    await put(mine, 'a')
    await until(() => watching.ids.length === 1, 3000, 'the list')
    await sleep(4500)
    await put(mine, 'b')
    await until(() => watching.ids.length === 2, 3000, 'an event after the end of the token')
    await sleep(4500)
    // A new watch on the stream that was opened with the first token.
    const other = new EtcdWatching()
    mine.watch('payments', other)
    await until(() => other.unknowns > 0, 3000)
    await answer((done) => mine.register(instanceOf('payments', 'p'), LEASE_MS, done))
    await until(() => other.ids.length === 1, 5000, 'an event of the new watch')
    await answer((done) => mine.heartbeat(instanceOf('orders', 'a'), LEASE_MS, done))
  })

  it('a restart, which forgets all tokens, is no error of the watch for long', async () => {
    const mine = registry('orders')
    const watching = new EtcdWatching()
    mine.watch('orders', watching)
    await put(mine, 'a')
    await until(() => watching.ids.length === 1, 3000)
    await server.restart()
    await put(mine, 'b')
    await until(() => watching.ids.length === 2 && !watching.isInterrupted, 5000)
  })

  it('what is not allowed is an error, and the list stands when a permission is taken away', async () => {
    const denied = new EtcdWatching()
    registry('nobody').watch('orders', denied)
    await until(() => denied.isInterrupted, 3000, 'the refusal')
    expect(denied.errors[0]?.message).toContain('permission denied')
    expect(denied.unknowns).toBe(0)
    await expect(put(registry('nobody'), 'x')).rejects.toThrow('permission denied')
    await expect(put(registry('orders', 'wrong'), 'x')).rejects.toThrow('authentication failed')
    await expect(put(registry(), 'x')).rejects.toThrow('user name is empty')

    const mine = registry('orders')
    const watching = new EtcdWatching()
    mine.watch('orders', watching)
    await put(mine, 'a')
    await until(() => watching.ids.length === 1, 3000)
    await gateway.ask('auth/role/revoke', { role: 'seakeep', key: base64('seakeep/'), range_end: base64('seakeep0') })
    await server.restart()
    await until(() => watching.isInterrupted, 3000, 'the interruption')
    await sleep(1000)
    expect(watching.isInterrupted).toBe(true)
    expect(watching.ids).toEqual(['a'])
    await gateway.login('root', 'secret')
    await gateway.ask('auth/role/grant', {
      name: 'seakeep',
      perm: { permType: 'READWRITE', key: base64('seakeep/'), range_end: base64('seakeep0') },
    })
    await until(() => !watching.isInterrupted, 10_000, 'the recovery')
    await put(mine, 'b')
    await until(() => watching.ids.length === 2, 3000, 'the event after it')
  })
})

describeReal('etcd', 'etcd with certificates', () => {
  it.skipIf(!hasOpenssl())('it shows a certificate of its own, and trusts only what it is told to', async () => {
    await using server = await startEtcd({ tls: 'mutual' })
    const { ca, cert, key } = server.tls!
    const trusted = new EtcdRegistry(share({ endpoints: [server.address], tls: { ca, cert, key } }))
    const watching = new EtcdWatching()
    trusted.watch('orders', watching)
    await answer((done) => trusted.register(instanceOf('orders', 'a'), LEASE_MS, done))
    await until(() => watching.ids.length === 1, 3000)
    trusted.close()
    for (const tls of [{ ca }, { cert, key }, undefined]) {
      const refused = new EtcdRegistry(
        share({ endpoints: [server.address], requestTimeout: '1s', ...(tls === undefined ? {} : { tls }) }),
      )
      await expect(answer((done) => refused.register(instanceOf('orders', 'b'), LEASE_MS, done))).rejects.toThrow(
        'etcd at',
      )
      refused.close()
    }
  })
})
