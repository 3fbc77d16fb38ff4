// Answers no Consul should give, from a server that speaks HTTP and nothing else: each is a typed error and an event, the
// last list stands, and the next good answer is heard.
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Listener, registryAt, seen, testPorts } from './agent.ts'

const entry = (id: string, more: object = {}) => ({
  Node: { Node: 'n1', Address: '10.0.0.9' },
  Service: { ID: id, Service: 'orders', Address: '', Port: 80, Meta: null, Tags: null, ...more },
  Checks: [{ CheckID: 'serfHealth', Status: 'passing', Output: '' }],
})

type Say = (answer: ServerResponse) => void
const json = (body: unknown, index = '7'): Say => text(JSON.stringify(body), index)
const text = (body: string, index = '7'): Say => {
  return (answer) => answer.writeHead(200, { 'x-consul-index': index }).end(body)
}

describe('answers that cannot be understood', () => {
  let server: Server
  let say: Say
  let asked = 0
  let address: string
  beforeAll(async () => {
    server = createServer((_request, answer) => {
      asked++
      say(answer)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const good = entry('a')
  const wrong: Record<string, [Say, RegExp]> = {
    'truncated JSON': [text('[{"Node":{"No'), /not JSON: it begins with "\[\{/],
    'a page': [text('<html><body>502 Bad Gateway</body></html>'), /not JSON: it begins with "<html>/],
    nothing: [text(''), /not JSON/],
    null: [json(null), /null is not a list/],
    'an object': [json({ Services: [] }), /an object is not a list/],
    'entries of another type': [json([3, 'x']), /^\[0\]: 3 is not an object/],
    'a port that is text': [json([entry('a', { Port: '80' })]), /^\[0\]\.Service\.Port: "80" is not an integer from 1/],
    'metadata of 10 MB': [
      json([entry('a', { Meta: { note: 'x'.repeat(10_000_000) } })]),
      /^\[0\]\.Service\.Meta\.note: longer than 4096 characters/,
    ],
    'an answer over the bound': [text('x'.repeat(34_000_000)), /larger than 33554432 bytes/],
    'an absurd index': [json([good], '99999999999999999999999'), /X-Consul-Index: "9+" is no index/],
    'an index that is none': [json([good], '-1'), /X-Consul-Index/],
    'no index': [(answer) => answer.end(JSON.stringify([good])), /X-Consul-Index: none is no index/],
    'bytes that are no text': [text('\u0000\u0001\ud800'), /not JSON/],
  }

  for (const [what, [saying, message]] of Object.entries(wrong)) {
    it(`${what}`, async () => {
      const ports = testPorts()
      const registry = registryAt({ address, wait: '1s' }, ports)
      try {
        const listener = new Listener()
        say = json([good], '5')
        registry.watch('orders', listener)
        await seen(() => listener.has('n1/a'))
        say = saying
        await seen(() => listener.errors.length > 0)
        expect(listener.errors[0]).toMatchObject({
          name: 'RegistryAnswerError',
          message: expect.stringMatching(message),
        })
        expect(ports.told).toMatchObject([{ type: 'registryMisspoke', name: 'consul', error: listener.errors[0] }])
        expect(listener.lists.length).toBe(1)
        say = json([good, entry('b')], '9')
        await seen(() => listener.has('n1/a', 'n1/b'))
      } finally {
        registry.close()
      }
    })
  }

  it('one bad entry is left out and told once, the good ones stay', async () => {
    const ports = testPorts()
    const registry = registryAt({ address, wait: '1s' }, ports)
    try {
      const listener = new Listener()
      say = json([good, entry('bad', { Port: 70_000 }), entry('c')], '5')
      const before = asked
      registry.watch('orders', listener)
      await seen(() => listener.has('n1/a', 'n1/c') && asked > before + 3)
      expect(ports.told).toMatchObject([{ type: 'registryMisspoke', error: { path: '[1].Service.Port' } }])
      expect(listener.errors).toEqual([])
    } finally {
      registry.close()
    }
  })

  it('3c 28: a server that never blocks and counts on is asked ten times a second, not for ever at once', async () => {
    const registry = registryAt({ address })
    try {
      let index = 10
      say = (answer) => json([good], String(index++))(answer)
      const before = asked
      registry.watch('orders', new Listener())
      await seen(() => asked > before + 4)
      const [from, fromMs] = [asked, performance.now()]
      await seen(() => asked >= from + 10)
      expect(performance.now() - fromMs).toBeGreaterThan(800)
    } finally {
      registry.close()
    }
  })

  it('an answer that breaks off is an error as any other', async () => {
    const registry = registryAt({ address })
    try {
      const listener = new Listener()
      say = (answer) => {
        answer.writeHead(200, { 'x-consul-index': '5', 'content-length': '1000' })
        answer.write('[')
        answer.destroy()
      }
      registry.watch('orders', listener)
      await seen(() => listener.errors.length > 0)
      say = json([good], '5')
      await seen(() => listener.has('n1/a'))
    } finally {
      registry.close()
    }
  })
})
