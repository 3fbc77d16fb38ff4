// The whole way, while the registry answers rubbish: a runtime that found its servers goes on calling them, says once what
// it cannot understand, and hears the next answer that makes sense. Between it and a real agent stands one who garbles.
import { request as ask, createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRuntime, type GovernanceEvent, type Runtime } from '@seakeep/core'
import { http } from '@seakeep/transport-http'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeReal, type RealServer, startConsul } from '../../../tools/real-servers/index.ts'
import { consul } from '../src/index.ts'
import { eventually, seen } from './agent.ts'

type Garble = (answer: ServerResponse) => void
const says =
  (body: string, headers: Record<string, string> = {}): Garble =>
  (answer) =>
    answer.writeHead(200, { 'x-consul-index': '7', ...headers }).end(body)
const entry = (more: object): string =>
  JSON.stringify([
    {
      Node: { Node: 'n1', Address: '127.0.0.1' },
      Service: { ID: 'orders:orders-1', Port: 80, ...more },
      Checks: [{ CheckID: 'c', Status: 'passing', Output: '' }],
    },
  ])

describeReal('consul', 'a runtime whose Consul answers rubbish', () => {
  let agent: RealServer
  let between: Server
  let address: string
  let garble: Garble | undefined
  const open: Runtime[] = []
  beforeAll(async () => {
    agent = await startConsul({ dev: true })
    between = createServer((request, answer) => {
      if (garble !== undefined) return garble(answer)
      const { method = 'GET', url, headers } = request
      const onward = ask(`${agent.address}${url}`, { method, headers }, (heard) => {
        answer.writeHead(heard.statusCode ?? 500, heard.headers)
        heard.pipe(answer)
      })
      onward.on('error', () => answer.destroy())
      answer.on('close', () => onward.destroy())
      request.pipe(onward)
    })
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve))
    address = `http://127.0.0.1:${(between.address() as AddressInfo).port}`
  })
  beforeEach(() => {
    garble = undefined
  })
  afterAll(async () => {
    await Promise.all(open.map((runtime) => runtime.close()))
    between?.closeAllConnections()
    between?.close()
    await agent?.[Symbol.asyncDispose]()
  })

  const serve = async (name: string, id: string): Promise<void> => {
    const runtime = await createRuntime({ service: name, modules: [http(), consul({ address: agent.address })] })
    open.push(runtime)
    const served = runtime.serve({ name, id, drain: { spread: 0 } })
    await served
      .http(createServer((_request, response) => response.end('"done"')))
      .listen({ host: '127.0.0.1', port: 0 })
  }

  const rubbish: Record<string, [Garble, RegExp]> = {
    'truncated JSON': [says('[{"Node":{"No'), /the answer is not JSON/],
    'wrong types': [says(entry({ Port: '80', Meta: 3 })), /Service.*: 3 is not an object/],
    '10 MB of metadata': [says(entry({ Meta: { note: 'x'.repeat(10_000_000) } })), /longer than 4096 characters/],
    'an answer that breaks off': [
      (answer) => {
        answer.writeHead(200, { 'x-consul-index': '7', 'content-length': '1000' })
        answer.write('[', () => answer.destroy())
      },
      /./,
    ],
  }
  let services = 0
  for (const [what, [garbling, message]] of Object.entries(rubbish)) {
    it(`goes on calling: ${what}`, async () => {
      const name = `orders${++services}`
      await serve(name, `${name}-1`)
      const client = await createRuntime({
        service: 'shop',
        policies: { version: 1, targets: { [name]: { timeout: '2s' } } },
        modules: [http(), consul({ address, wait: '1s' })],
      })
      open.push(client)
      const told: GovernanceEvent[] = []
      client.events$.subscribe((event) => told.push(event))
      const endpoints = client.endpoints(name)
      await seen(() => endpoints.value.endpoints.length === 1)
      garble = garbling
      const error = (): Error | undefined =>
        told.flatMap((event) => (event.type === 'resolverFailed' && event.error ? [event.error] : []))[0]
      await seen(() => error() !== undefined)
      expect(error()?.message).toMatch(message)
      if (what !== 'an answer that breaks off') {
        expect(told).toContainEqual(expect.objectContaining({ type: 'registryMisspoke', error: error() }))
        expect(error()?.name).toBe('RegistryAnswerError')
      }
      for (let call = 0; call < 20; call++) {
        expect((await client.client(name).call({ method: 'GET /' })).status).toBe(200)
      }
      expect(endpoints.value.endpoints.map(({ id }) => id)).toEqual([`${name}-1`])
      garble = undefined
      await serve(name, `${name}-2`)
      await seen(() => endpoints.value.endpoints.length === 2)
    })
  }

  it('believes no clock but its own: an agent of another century is heard as any', async () => {
    await serve('clocks', 'clocks-1')
    const client = await createRuntime({
      service: 'shop',
      policies: { version: 1, targets: { clocks: { timeout: '2s' } } },
      modules: [http(), consul({ address })],
    })
    open.push(client)
    const told: GovernanceEvent[] = []
    client.events$.subscribe((event) => told.push(event))
    const heard = await eventually(async () => {
      const list = await (await fetch(`${agent.address}/v1/health/service/clocks?passing`)).text()
      if (!list.includes('clocks-1')) throw new Error('not registered yet')
      return list
    })
    const stamped = { date: 'Thu, 01 Jan 1970 00:00:00 GMT', age: '99999999999', 'x-consul-lastcontact': '99999999999' }
    garble = says(heard, stamped)
    const endpoints = client.endpoints('clocks')
    await seen(() => endpoints.value.endpoints.length === 1)
    expect((await client.client('clocks').call({ method: 'GET /' })).status).toBe(200)
    expect(told.map(({ type }) => type)).toEqual(['endpointsChanged'])
  })
})
