// A real grpc-js server whose calls are handed to the handlers of the transport contract suite. The suite speaks of paths
// and queries, which gRPC has not: they travel in the message, put there in front of the transport that is tested.
import { Buffer } from 'node:buffer'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Metadata, type sendUnaryData, status } from '@grpc/grpc-js'
import type { Answer, CallRequest } from '@seakeep/core'
import { NO_EVENTS, realClock, SeededRandom, type Transport } from '@seakeep/core/spi'
import type { FarHandler, FarSide, ReceivedRequest, TransportHarness } from '@seakeep/core/testing'
import type { GrpcCodec } from '../src/codec.ts'
import { resolveGrpcOptions } from '../src/grpc-options.ts'
import { GrpcTransport } from '../src/grpc-transport.ts'
import { type BytesCall, type BytesStreamCall, endpointAt, type GrpcServer, nobody, serve } from './grpc-server.ts'
import { relayTo } from './relay.ts'

const CODES: Readonly<Record<number, number>> = {
  404: status.NOT_FOUND,
  429: status.RESOURCE_EXHAUSTED,
  500: status.INTERNAL,
  503: status.UNAVAILABLE,
}

/** Text as it is, anything else as JSON; the pieces of a stream are bytes. */
const CODEC: GrpcCodec = {
  encode: (method, body) => (method === PIECES ? (body as Uint8Array) : Buffer.from(JSON.stringify(body))),
  kind: (method) => (method === PIECES ? { requestStream: true, responseStream: false } : undefined),
  decode: (method, bytes) => {
    if (method === STREAM) return bytes
    return bytes[0] === 0x7b ? JSON.parse(bytes.toString()) : bytes.toString()
  },
}
const ANSWER = 'test.Echo/Answer'
const STREAM = 'test.Echo/Stream'
const PIECES = 'test.Echo/Pieces'

export async function grpcHarness(): Promise<TransportHarness> {
  const clock = realClock()
  const maxAnswerBytes = 100_000
  const ports = { clock, random: new SeededRandom(1), events: NO_EVENTS }
  const transport = new GrpcTransport(ports, resolveGrpcOptions({ maxAnswerBytes, codec: CODEC }))
  let handler: FarHandler = (far) => far.answer(500, 'no handler')
  const serving = (port?: number): Promise<GrpcServer> =>
    serve(
      { [ANSWER]: (call, done) => handler(new GrpcFarSide(call, done)) },
      {
        port,
        streams: { [STREAM]: (call) => handler(new StreamedFarSide(call)) },
        pieces: {
          [PIECES]: (call, pieces, done) => {
            const request = Buffer.from(JSON.stringify({ method: 'POST /pieces', body: pieces.toString() }))
            handler(new GrpcFarSide(Object.assign(call, { request }) as never, done))
          },
        },
      },
    )
  let server = await serving()
  const { endpoint } = server
  const relay = await relayTo(endpoint.address.port)
  const silent = await silence()
  return {
    transport: withMessages(transport),
    clock,
    endpoint: endpointAt(relay.port),
    nobody: await nobody(),
    maxAnswerBytes,
    tellsDeadline: true,
    answerWith: (next) => {
      handler = next
    },
    streamed: (request) => ({ ...request, stream: true }),
    inPieces: (request, pieces) => ({ ...request, method: PIECES, body: pieces }),
    faults: {
      blackHole: endpointAt(silent.port),
      silence: () => relay.freeze(),
      restart: async () => {
        await server.close()
        server = await serving(endpoint.address.port)
      },
      goAway: () => server.goAway(),
      garble: (far) => (far as GrpcFarSide).garble(),
    },
    close: async () => {
      await new Promise<void>((resolve) => transport.close(clock.now(), resolve))
      await relay.close()
      await silent.close()
      await server.close()
    },
  }
}

/** Takes connections, and says nothing. */
async function silence(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}).resume())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function withMessages(transport: GrpcTransport): Transport {
  const say = ({ headers, stream, ...rest }: CallRequest): CallRequest =>
    rest.method === PIECES
      ? rest
      : stream === true
        ? { method: STREAM, headers, body: rest, stream }
        : { method: ANSWER, headers, body: rest }
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

  /** Ends without a message or a status. */
  garble(): void {
    const { stream } = (this.#call as unknown as { call: { stream: ServerHttp2Stream } }).call
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
    stream.end('what is no message')
  }

  reset(): void {
    reset(this.#call)
  }

  onGone(told: () => void): void {
    this.#call.on('cancelled', told)
  }
}
