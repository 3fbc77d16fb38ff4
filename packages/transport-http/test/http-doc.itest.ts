// docs/http.md and README.md: their code runs here, and what they show as printed is printed here.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRuntime, type Instance, memoryRegistry } from '@seakeep/core'
import express from 'express'
import fastify from 'fastify'
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici'
import { expect, it } from 'vitest'
import { HTTP_OPTIONS } from '../src/http-options.ts'
import { governedDispatcher, http, interceptor } from '../src/index.ts'

const page = await readFile(new URL('../../../docs/http.md', import.meta.url), 'utf8')
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const piecesOf = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, piece = '']) => piece)
/** Whatever the width it was written for. */
const squeezed = (text: string): string => text.replaceAll(/\s+/g, '').replaceAll(/,([)\]}])/g, '$1')

it('every piece of code runs, and prints what is shown', async () => {
  let charges = 0
  const payments = createServer((message, response) => {
    if (message.method === 'POST') charges += 1
    response.writeHead(message.method !== 'POST' ? 200 : charges % 3 === 0 ? 201 : 503).end('{}')
  })
  await new Promise<void>((resolve) => payments.listen(0, '127.0.0.1', resolve))
  const { port } = payments.address() as AddressInfo
  const instances: Instance[] = [
    { id: 'p', service: 'payments', address: { host: '127.0.0.1', port }, protocol: 'http', weight: 1 },
  ]
  const printed: unknown[][] = []
  const console = { log: (...line: unknown[]) => void printed.push(line) }
  const before = getGlobalDispatcher()
  const body = '{}'
  const order = 'order-7'
  const app = express()
  const server = createServer()
  const fast = fastify()

  const rt = await createRuntime({
    service: 'orders',
    policies: {
      version: 1,
      targets: { payments: { timeout: '2s', retry: true }, '*.example.com': { timeout: '5s', circuitBreaker: true } },
    },
    modules: [http(), memoryRegistry({ instances })],
  })
  const quote = await rt.fetch('http://payments/quotes/7')
  expect(quote.status).toBe(200)

  const wrong = await rt.fetch('http://payments/charges', { method: 'POST', body })
  const right = await rt.fetch('http://payments/charges', {
    method: 'POST',
    body,
    headers: { 'idempotency-key': order },
  })
  console.log(wrong.status, right.status)
  expect(printed.map((line) => `${line.join(' ')}\n`)).toEqual(piecesOf(page, 'text'))

  setGlobalDispatcher(governedDispatcher(rt))
  const agent = new Agent({ connect: { timeout: 500 } }).compose(interceptor(rt))
  expect((await fetch('http://payments/')).status).toBe(200)
  setGlobalDispatcher(before)

  const served = rt.serve({ name: 'web' })
  const servedByFastify = rt.serve({ name: 'fast' })
  rt.serve({ name: 'orders' }).http(server)
  app.use(served.middleware())
  await fast.register(servedByFastify.fastify())

  const self = squeezed(await readFile(new URL(import.meta.url), 'utf8'))
  const pieces = [...piecesOf(page, 'ts'), ...piecesOf(readme, 'ts')]
  expect(pieces.length).toBe(5)
  for (const piece of pieces) expect(self).toContain(squeezed(piece))
  await agent.close()
  await rt.close()
  payments.closeAllConnections()
  payments.close()
})

it('every option is there, with its default', () => {
  const schema = HTTP_OPTIONS.schema({ isFragment: false } as never) as {
    readonly properties: { readonly [name: string]: { readonly default?: unknown } }
  }
  for (const [name, { default: written = 'none' }] of Object.entries(schema.properties)) {
    const shown = typeof written === 'object' ? 'none' : written
    expect(page).toContain(`| \`${name}\` | ${shown} |`)
  }
})
