// A real node:http server on the loopback, whose requests are handed to the handlers of the transport contract suite.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Endpoint } from '@seakeep/core'
import { NO_EVENTS, realClock, SeededRandom } from '@seakeep/core/spi'
import type { FarHandler, FarSide, ReceivedRequest, TransportHarness } from '@seakeep/core/testing'
import { resolveHttpOptions } from '../src/http-options.ts'
import { HttpTransport } from '../src/http-transport.ts'
import { parseTimeout } from '../src/seakeep-headers.ts'

export async function httpHarness(): Promise<TransportHarness> {
  const clock = realClock()
  const maxAnswerBytes = 100_000
  const ports = { clock, random: new SeededRandom(1), events: NO_EVENTS }
  const transport = new HttpTransport(ports, resolveHttpOptions({ maxAnswerBytes }))
  let handler: FarHandler = (far) => far.answer(500, 'no handler')
  const server = createServer((request, response) => void receive(request, response, (far) => handler(far)))
  const port = await listening(server)
  const nobody = createServer()
  const freedPort = await listening(nobody)
  await closed(nobody)
  return {
    transport,
    clock,
    endpoint: endpointAt(port),
    nobody: endpointAt(freedPort),
    maxAnswerBytes,
    tellsDeadline: true,
    answerWith: (next) => {
      handler = next
    },
    streamed: (request) => ({ ...request, stream: true }),
    close: async () => {
      await new Promise<void>((resolve) => transport.close(clock.now(), resolve))
      server.closeAllConnections()
      await closed(server)
    },
  }
}

export function endpointAt(port: number): Endpoint {
  return { id: `echo@${port}`, service: 'echo', address: { host: '127.0.0.1', port }, protocol: 'http', weight: 1 }
}

export function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

async function receive(message: IncomingMessage, response: ServerResponse, handle: FarHandler): Promise<void> {
  let text = ''
  message.setEncoding('utf8')
  for await (const piece of message) text += piece
  handle(new HttpFarSide(message, response, text))
}

class HttpFarSide implements FarSide {
  readonly request: ReceivedRequest
  readonly #response: ServerResponse

  constructor({ method, url = '/', headers }: IncomingMessage, response: ServerResponse, text: string) {
    this.#response = response
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    const timeout = headers['seakeep-timeout'] as string | undefined
    this.request = {
      method: `${method} ${pathname}`,
      query: Object.fromEntries(searchParams),
      headers: headers as Record<string, string>,
      body: headers['content-type'] === 'application/json' ? JSON.parse(text) : text,
      timeoutMs: timeout === undefined ? undefined : parseTimeout(timeout),
      attempt: Number(headers['seakeep-attempt']),
      priority: headers['seakeep-priority'] as string | undefined,
    }
  }

  answer(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): void {
    const isText = typeof body === 'string' || body === undefined
    const text = isText ? (body ?? '') : JSON.stringify(body)
    const type = isText ? 'text/plain; charset=utf-8' : 'application/json'
    this.#response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), ...headers })
    this.#response.end(text)
  }

  begin(status: number, headers: Readonly<Record<string, string>> = {}): void {
    this.#response.writeHead(status, { 'content-type': 'text/plain', ...headers })
    this.#response.flushHeaders()
  }

  write(piece: string): void {
    this.#response.write(piece)
  }

  end(): void {
    this.#response.end()
  }

  reset(): void {
    this.#response.socket?.resetAndDestroy()
  }

  onGone(told: () => void): void {
    this.#response.on('close', () => {
      if (!this.#response.writableFinished) told()
    })
  }
}
