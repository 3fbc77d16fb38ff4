// A real grpc-js server whose calls are handed to the handlers of the transport contract suite. The suite speaks of paths
// and queries, which gRPC has not: they travel in the message, put there in front of the transport that is tested.
import { Buffer } from 'node:buffer'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { Metadata, type sendUnaryData, status } from '@grpc/grpc-js'
import type { Answer, CallRequest } from '@seakeep/core'
import { NO_EVENTS, realClock, SeededRandom, type Transport } from '@seakeep/core/spi'
import type { FarHandler, FarSide, ReceivedRequest, TransportHarness } from '@seakeep/core/testing'
import type { GrpcCodec } from '../src/codec.ts'
import { resolveGrpcOptions } from '../src/grpc-options.ts'
import { GrpcTransport } from '../src/grpc-transport.ts'
import { type BytesCall, nobody, serve } from './grpc-server.ts'

const CODES: Readonly<Record<number, number>> = {
  404: status.NOT_FOUND,
  429: status.RESOURCE_EXHAUSTED,
  500: status.INTERNAL,
  503: status.UNAVAILABLE,
}

/** Text as it is, anything else as JSON. */
const CODEC: GrpcCodec = {
  encode: (_method, body) => Buffer.from(JSON.stringify(body)),
  decode: (_method, bytes) => (bytes[0] === 0x7b ? JSON.parse(bytes.toString()) : bytes.toString()),
}

export async function grpcHarness(): Promise<TransportHarness> {
  const clock = realClock()
  const maxAnswerBytes = 100_000
  const ports = { clock, random: new SeededRandom(1), events: NO_EVENTS }
  const transport = new GrpcTransport(ports, resolveGrpcOptions({ maxAnswerBytes, codec: CODEC }))
  let handler: FarHandler = (far) => far.answer(500, 'no handler')
  const server = await serve({ 'test.Echo/Answer': (call, done) => handler(new GrpcFarSide(call, done)) })
  return {
    transport: withMessages(transport),
    clock,
    endpoint: server.endpoint,
    nobody: await nobody(),
    maxAnswerBytes,
    tellsDeadline: true,
    answerWith: (next) => {
      handler = next
    },
    streamed: () => {
      throw new Error('a test of streamed answers is among those that run')
    },
    close: async () => {
      await new Promise<void>((resolve) => transport.close(clock.now(), resolve))
      await server.close()
    },
  }
}

function withMessages(transport: GrpcTransport): Transport {
  const say = ({ headers, ...rest }: CallRequest): CallRequest => ({ method: 'test.Echo/Answer', headers, body: rest })
  return {
    protocol: transport.protocol,
    send: (attempt, sink) => transport.send({ ...attempt, request: say(attempt.request) }, sink),
    forget: (endpoint) => transport.forget(endpoint),
    close: (deadlineMs, done) => transport.close(deadlineMs, done),
  }
}

class GrpcFarSide implements FarSide {
  readonly request: ReceivedRequest
  readonly #call: BytesCall
  readonly #done: sendUnaryData<Uint8Array>
  #head: Pick<Answer, 'status' | 'headers'> = { status: 200, headers: {} }
  #pieces = ''

  constructor(call: BytesCall, done: sendUnaryData<Uint8Array>) {
    this.#call = call
    this.#done = done
    const { method = 'GET /', query = {}, body } = JSON.parse(call.request.toString()) as CallRequest
    const headers = call.metadata.getMap() as Record<string, string>
    const deadline = Number(call.getDeadline())
    this.request = {
      method,
      query,
      headers,
      body,
      timeoutMs: Number.isFinite(deadline) ? deadline - realClock().wallNow() : undefined,
      attempt: Number(headers['seakeep-attempt']),
      priority: headers['seakeep-priority'],
    }
  }

  answer(code: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): void {
    const metadata = new Metadata()
    for (const [name, value] of Object.entries(headers)) {
      if (name === 'retry-after') metadata.set('grpc-retry-pushback-ms', String(Number(value) * 1000))
      else metadata.set(name, value)
    }
    if (code !== 200) return this.#done({ code: CODES[code] ?? status.UNKNOWN, details: String(body ?? ''), metadata })
    this.#call.sendMetadata(metadata)
    this.#done(null, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? {})))
  }

  begin(code: number, headers: Readonly<Record<string, string>> = {}): void {
    this.#head = { status: code, headers }
  }

  write(piece: string): void {
    this.#pieces += piece
  }

  end(): void {
    this.answer(this.#head.status, this.#pieces, this.#head.headers)
  }

  /** grpc-js' servers have no word for it: the stream is taken from within. */
  reset(): void {
    const { stream } = (this.#call as unknown as { call: { stream: ServerHttp2Stream } }).call
    stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }

  onGone(told: () => void): void {
    this.#call.on('cancelled', told)
  }
}
