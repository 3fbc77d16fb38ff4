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
import { type BytesCall, type BytesStreamCall, nobody, serve } from './grpc-server.ts'

const CODES: Readonly<Record<number, number>> = {
  404: status.NOT_FOUND,
  429: status.RESOURCE_EXHAUSTED,
  500: status.INTERNAL,
  503: status.UNAVAILABLE,
}

/** Text as it is, anything else as JSON; the pieces of a stream are bytes. */
const CODEC: GrpcCodec = {
  encode: (_method, body) => Buffer.from(JSON.stringify(body)),
  decode: (method, bytes) => {
    if (method === STREAM) return bytes
    return bytes[0] === 0x7b ? JSON.parse(bytes.toString()) : bytes.toString()
  },
}
const ANSWER = 'test.Echo/Answer'
const STREAM = 'test.Echo/Stream'

export async function grpcHarness(): Promise<TransportHarness> {
  const clock = realClock()
  const maxAnswerBytes = 100_000
  const ports = { clock, random: new SeededRandom(1), events: NO_EVENTS }
  const transport = new GrpcTransport(ports, resolveGrpcOptions({ maxAnswerBytes, codec: CODEC }))
  let handler: FarHandler = (far) => far.answer(500, 'no handler')
  const server = await serve(
    { [ANSWER]: (call, done) => handler(new GrpcFarSide(call, done)) },
    { streams: { [STREAM]: (call) => handler(new StreamedFarSide(call)) } },
  )
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
    streamed: (request) => ({ ...request, stream: true }),
    close: async () => {
      await new Promise<void>((resolve) => transport.close(clock.now(), resolve))
      await server.close()
    },
  }
}

function withMessages(transport: GrpcTransport): Transport {
  const say = ({ headers, stream, ...rest }: CallRequest): CallRequest =>
    stream === true ? { method: STREAM, headers, body: rest, stream } : { method: ANSWER, headers, body: rest }
  return {
    protocol: transport.protocol,
    send: (attempt, sink) => transport.send({ ...attempt, request: say(attempt.request) }, sink),
    forget: (endpoint) => transport.forget(endpoint),
    close: (deadlineMs, done) => transport.close(deadlineMs, done),
  }
}

function receivedOf(call: BytesCall | BytesStreamCall): ReceivedRequest {
  const { method = 'GET /', query = {}, body } = JSON.parse(call.request.toString()) as CallRequest
  const headers = call.metadata.getMap() as Record<string, string>
  const deadline = Number(call.getDeadline())
  return {
    method,
    query,
    headers,
    body,
    timeoutMs: Number.isFinite(deadline) ? deadline - realClock().wallNow() : undefined,
    attempt: Number(headers['seakeep-attempt']),
    priority: headers['seakeep-priority'],
  }
}

function metadataOf(headers: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'retry-after') metadata.set('grpc-retry-pushback-ms', String(Number(value) * 1000))
    else metadata.set(name, value)
  }
  return metadata
}

/** grpc-js' servers have no word for it: the stream is taken from within. */
function reset(call: object): void {
  const { stream } = (call as { call: { stream: ServerHttp2Stream } }).call
  stream.close(constants.NGHTTP2_INTERNAL_ERROR)
}

/** An answer in messages, one a piece; one with an error status is gathered, as gRPC has its text in the status. */
class StreamedFarSide implements FarSide {
  readonly request: ReceivedRequest
  readonly #call: BytesStreamCall
  #status = 200
  #text = ''

  constructor(call: BytesStreamCall) {
    this.#call = call
    this.request = receivedOf(call)
  }

  answer(code: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.begin(code, headers)
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? {})
    const half = Math.ceil(text.length / 2)
    this.write(text.slice(0, half))
    this.write(text.slice(half))
    this.end()
  }

  begin(code: number, headers: Readonly<Record<string, string>> = {}): void {
    this.#status = code
    if (code === 200) this.#call.sendMetadata(metadataOf(headers))
  }

  write(piece: string): void {
    if (this.#status === 200) this.#call.write(Buffer.from(piece))
    else this.#text += piece
  }

  end(): void {
    if (this.#status === 200) this.#call.end()
    else this.#call.emit('error', { code: CODES[this.#status] ?? status.UNKNOWN, details: this.#text })
  }

  reset(): void {
    reset(this.#call)
  }

  onGone(told: () => void): void {
    this.#call.on('cancelled', told)
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
    this.request = receivedOf(call)
  }

  answer(code: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): void {
    const metadata = metadataOf(headers)
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

  reset(): void {
    reset(this.#call)
  }

  onGone(told: () => void): void {
    this.#call.on('cancelled', told)
  }
}
