import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type AdapterPorts, Tokens } from '@seakeep/core/spi'
import { Container } from 'inversify'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  describeReal,
  type RealServer,
  startEtcd,
  startTcpProxy,
  type TcpProxy,
} from '../../../tools/real-servers/index.ts'
import { etcd } from '../src/etcd-module.ts'
import { answer, Gateway, instanceOf, ports, until } from './etcd-bench.ts'
import { EtcdWatching } from './watching.ts'

describeReal('etcd', 'the module of etcd', () => {
  let server: RealServer
  let proxy: TcpProxy
  beforeEach(async () => {
    server = await startEtcd()
    proxy = await startTcpProxy(server)
  })
  afterEach(async () => {
    await proxy[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  it('binds registry, policies and lock over one connection a runtime, closed with the last of them', async () => {
    const container = new Container()
    await container.loadAsync(etcd({ endpoints: [proxy.address], policies: 'seakeep/policies' }))
    const parts = (of: AdapterPorts) => ({
      registry: container.get(Tokens.registry)(of),
      source: container.get(Tokens.policySource)(of),
      lock: container.get(Tokens.lock)(of),
    })
    const [one, two] = [parts(ports(1)), parts(ports(2))]
    for (const [i, { registry, source, lock }] of [one, two].entries()) {
      const [watching, words] = [new EtcdWatching(), [] as string[]]
      registry.watch('orders', watching)
      source.watch({
        document: ({ text }) => words.push(text),
        missing: () => words.push('missing'),
        error: () => words.push('error'),
      })
      let isHolder = false
      const sink = { acquired: () => (isHolder = true), lost: () => {}, error: () => {} }
      lock.acquire(`leader-${i}`, 2000, sink)
      await answer((done) => registry.register(instanceOf('orders', `o-${i}`), 5000, done))
      await until(() => watching.ids.includes(`o-${i}`) && words.length === 1 && isHolder, 5000, 'all three')
      expect(words).toEqual(['missing'])
    }
    expect(proxy.connections).toBe(2)
    one.registry.close()
    one.source.close()
    await until(() => proxy.connections === 2, 500)
    one.lock.close()
    await until(() => proxy.connections === 1, 5000, 'the end of the first')
    for (const part of [two.registry, two.source, two.lock]) part.close()
    await until(() => proxy.connections === 0, 5000, 'the end of the second')
    expect(await new Gateway(server.address).keys('seakeep/locks/')).toEqual([])
  })

  it('without policies has no source of them', async () => {
    const container = new Container()
    await container.loadAsync(etcd({ endpoints: [proxy.address] }))
    expect(container.isBound(Tokens.policySource)).toBe(false)
    expect(() => etcd({ endpoints: ['no address'] })).toThrow('etcd.endpoints.0')
  })

  it('runs the program of the README, which ends by itself and leaves nothing in etcd', async () => {
    const program = new URL('readme-program.ts', import.meta.url).pathname
    const { stdout } = await promisify(execFile)(process.execPath, ['-C', '@seakeep/source', program], {
      timeout: 40_000,
      env: { ...process.env, ETCD: server.address },
    })
    expect(stdout).toBe('200 "paid"\n')
    expect(await new Gateway(server.address).keys('seakeep/')).toEqual([])
  })
})
