import { isConfigError } from '@seakeep/core'
import { PolicyConflictError, type PolicySourceSink, type PushedPolicies } from '@seakeep/core/spi'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  describeReal,
  type RealServer,
  startEtcd,
  startTcpProxy,
  type TcpProxy,
} from '../../../tools/real-servers/index.ts'
import { EtcdPolicyStore } from '../src/etcd-policy-store.ts'
import { openEtcdStore } from '../src/etcd-store-url.ts'
import { base64, Gateway, ports, share, until } from './etcd-bench.ts'

const KEY = 'seakeep/policies'
const push = (text: string, atMs: number, more: Partial<PushedPolicies> = {}): PushedPolicies => ({
  hash: `hash-of-${text.length}`,
  text,
  atMs,
  ...more,
})

class Told implements PolicySourceSink {
  readonly words: string[] = []
  document({ text }: { readonly text: string }): void {
    this.words.push(text)
  }
  missing(): void {
    this.words.push('(missing)')
  }
  error(): void {
    this.words.push('(error)')
  }
}

describeReal('etcd', 'EtcdPolicyStore', () => {
  let server: RealServer
  let proxy: TcpProxy
  let store: EtcdPolicyStore
  beforeEach(async () => {
    server = await startEtcd()
    proxy = await startTcpProxy(server)
    store = new EtcdPolicyStore(KEY, share({ endpoints: [server.address] }))
  })
  afterEach(async () => {
    store.close()
    await proxy[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  it('a push is seen within a second, by those that watched before and after', async () => {
    const followers = Array.from({ length: 5 }, () => new EtcdPolicyStore(KEY, share({ endpoints: [proxy.address] })))
    const told = followers.map(() => new Told())
    for (const [i, follower] of followers.entries()) follower.watch(told[i]!)
    await until(() => told.every(({ words }) => words.length === 1), 3000)
    expect(told[0]?.words).toEqual(['(missing)'])
    const { revision } = await store.write(push('version: 1', 1000), undefined)
    await until(() => told.every(({ words }) => words.at(-1) === 'version: 1'), 1000, 'the push')
    proxy.refuse()
    await until(() => told.every(({ words }) => words.at(-1) === '(error)'), 3000, 'the interruption')
    await store.write(push('version: 1 # two', 2000), revision)
    proxy.heal()
    await until(() => told.every(({ words }) => words.at(-1) === 'version: 1 # two'), 5000, 'what was pushed meanwhile')
    const late = new Told()
    store.watch(late)
    await until(() => late.words.length === 1, 1000)
    expect(late.words).toEqual(['version: 1 # two'])
    await new Gateway(server.address).remove(KEY)
    await until(() => late.words.at(-1) === '(missing)', 1000, 'its removal')
    for (const follower of followers) follower.close()
  })

  it('who comes second is refused, and nothing of it is kept', async () => {
    const first = await store.write(push('a', 1), undefined)
    expect(await store.read()).toEqual(first)
    const clash = store.write(push('b', 2), undefined)
    await expect(clash).rejects.toBeInstanceOf(PolicyConflictError)
    await expect(clash).rejects.toMatchObject({ expected: undefined, found: first.revision })
    const second = await store.write(push('bb', 3), first.revision)
    await expect(store.write(push('ccc', 4), first.revision)).rejects.toMatchObject({ found: second.revision })
    expect((await store.read())?.text).toBe('bb')
    expect((await store.history(10)).map(({ text }) => text)).toEqual(['bb', 'a'])
    await expect(store.write(push('d', 5), 'latest')).rejects.toMatchObject({ found: second.revision })
  })

  it('the history has the newest first, whole, as many as are asked for', async () => {
    const entries = [9, 10, 1_767_225_600_000, 99].map((atMs) =>
      push('x'.repeat(atMs % 7), atMs, { author: 'ada', message: 'why\nnot' }),
    )
    let revision: string | undefined
    for (const entry of entries) ({ revision } = await store.write(entry, revision))
    // In the order of their pushes, whatever the clocks of those who pushed say.
    const newest = entries.toReversed()
    expect(await store.history(10)).toEqual(newest)
    expect(await store.history(2)).toEqual(newest.slice(0, 2))
    expect(await store.history(0)).toEqual([])
    // A neighbour's key, and an entry that somebody broke.
    const gateway = new Gateway(server.address)
    await gateway.put(`${KEY}/history0`, 'x')
    await gateway.put(`${KEY}/history/000000000000050-broken`, '{"hash":1}')
    expect(await store.history(10)).toEqual(newest)
  })

  it('what is larger than a request of etcd may be is refused with both sizes', async () => {
    await expect(store.write(push('x'.repeat(1_000_000), 1), undefined)).rejects.toThrow(
      /document is too large \(1000000 bytes, 20000\d\d with .* 1\.5 MiB a request/,
    )
    await store.write(push('x'.repeat(700_000), 1), undefined)
    expect((await store.read())?.text).toHaveLength(700_000)
  })

  it('bytes that are no text are an error of the watch, and not the end of it', async () => {
    const told = new Told()
    const gateway = new Gateway(server.address)
    await gateway.ask('kv/put', { key: base64(KEY), value: '//79' })
    store.watch(told)
    await until(() => told.words.length === 1, 1000)
    await gateway.put(KEY, 'good')
    await until(() => told.words.length === 2, 1000)
    expect(told.words).toEqual(['(error)', 'good'])
    await expect(store.read()).resolves.toMatchObject({ text: 'good' })
  })

  it('a URL opens it, for the command line', async () => {
    const opened = openEtcdStore(new URL(`etcd://${server.address}/${KEY}`), ports())
    const { revision } = await opened.write(push('by url', 1), undefined)
    expect(await store.read()).toEqual({ text: 'by url', revision })
    opened.close()
    // A dead endpoint before the live one: what was not sent is sent again, also what must not be done twice.
    for (let seed = 0; seed < 4; seed++) {
      const dead = openEtcdStore(`etcd://127.0.0.1:1,${server.address}/${KEY}-${seed}`, ports(seed))
      await dead.write(push('x', 1), undefined)
      dead.close()
    }
    expect(() => openEtcdStore('etcd://host', ports())).toThrow('no etcd://')
    expect(isConfigError(thrownBy(() => openEtcdStore('etcd://me:pass word@:1/x', ports())))).toBe(true)
  })
})

function thrownBy(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}
