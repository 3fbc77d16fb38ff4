// The whole way, while what stands in etcd is rubbish: a runtime that found its servers goes on calling them, says what it
// cannot understand, and sees who comes next. The rubbish is in a real etcd, written there by hand.
import { createServer } from 'node:http'
import { createRuntime, type GovernanceEvent, type Runtime } from '@seakeep/core'
import { http } from '@seakeep/transport-http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeReal, type RealServer, startEtcd } from '../../../tools/real-servers/index.ts'
import { etcd } from '../src/index.ts'
import { Gateway, instanceOf, until } from './etcd-bench.ts'

describeReal('etcd', 'a runtime whose etcd holds rubbish', () => {
  let server: RealServer
  let gateway: Gateway
  const open: Runtime[] = []
  beforeAll(async () => {
    server = await startEtcd({ args: ['--max-request-bytes=16000000'] })
    gateway = new Gateway(server.address)
  })
  afterAll(async () => {
    await Promise.all(open.map((runtime) => runtime.close()))
    await server?.[Symbol.asyncDispose]()
  })

  const serve = async (name: string, id: string): Promise<void> => {
    const runtime = await createRuntime({ service: name, modules: [http(), etcd({ endpoints: [server.address] })] })
    open.push(runtime)
    const served = runtime.serve({ name, id, drain: { spread: 0 } })
    await served
      .http(createServer((_request, response) => response.end('"done"')))
      .listen({ host: '127.0.0.1', port: 0 })
  }

  const rubbish: Record<string, [(name: string) => string, RegExp]> = {
    'truncated JSON': [(name) => JSON.stringify(instanceOf(name, 'bad')).slice(0, -9), /no JSON/],
    'wrong types': [(name) => JSON.stringify({ ...instanceOf(name, 'bad'), weight: 'heavy' }), /weight: "heavy"/],
    '10 MB of metadata': [
      (name) => JSON.stringify(instanceOf(name, 'bad', { meta: { note: 'x'.repeat(10_000_000) } })),
      /10000\d\d\d bytes; at most 262144 are read/,
    ],
    'no instance at all': [() => '[]', /is no instance/],
  }
  let services = 0
  for (const [what, [write, message]] of Object.entries(rubbish)) {
    it(`goes on calling: ${what}`, async () => {
      const name = `orders${++services}`
      await serve(name, `${name}-1`)
      const client = await createRuntime({
        service: 'shop',
        policies: { version: 1, targets: { [name]: { timeout: '2s' } } },
        modules: [http(), etcd({ endpoints: [server.address] })],
      })
      open.push(client)
      const told: GovernanceEvent[] = []
      client.events$.subscribe((event) => told.push(event))
      const endpoints = client.endpoints(name)
      const ids = (): readonly string[] => endpoints.value.endpoints.map(({ id }) => id)
      await until(() => ids().length === 1, 5000, 'the list')
      const misspoke = (): readonly { readonly why: string; readonly error?: Error }[] =>
        told.filter((event) => event.type === 'registryMisspoke' && 'why' in event) as never
      // A key beside the good one, then over it.
      for (const id of ['bad', `${name}-1`]) {
        const before = misspoke().length
        await gateway.put(`seakeep/services/${name}/${id}`, write(name))
        await until(() => misspoke().length > before, 5000, 'the event')
        expect(misspoke().at(-1)?.error?.name).toBe('MalformedValueError')
        expect(misspoke().at(-1)?.why).toMatch(message)
        for (let call = 0; call < 20; call++) {
          expect((await client.client(name).call({ method: 'GET /' })).status).toBe(200)
        }
        expect(ids()).toEqual([`${name}-1`])
      }
      await serve(name, `${name}-2`)
      await until(() => ids().length === 2, 5000, 'the next instance')
    })
  }

  it('believes no clock but its own: a history of pushes from another century is none of its concern', async () => {
    await serve('clocks', 'clocks-1')
    const modules = [http(), etcd({ endpoints: [server.address], policies: 'seakeep/policies' })]
    const said = { by: 'nobody', atMs: -1e15 }
    await gateway.put('seakeep/policies', JSON.stringify({ version: 1, targets: { clocks: { timeout: '2s' } } }))
    await gateway.put('seakeep/policies/history/99999999999999999-none-0', JSON.stringify(said))
    const client = await createRuntime({ service: 'shop', modules })
    open.push(client)
    const endpoints = client.endpoints('clocks')
    await until(() => endpoints.value.endpoints.length === 1, 5000, 'the list')
    expect((await client.client('clocks').call({ method: 'GET /' })).status).toBe(200)
    expect(client.policies.value.hash).toBeDefined()
  })
})
