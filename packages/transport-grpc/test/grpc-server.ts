// A real grpc-js server on a free port of the loopback, whose methods are given as handlers of bytes.
import { Buffer } from 'node:buffer'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js'
import type { Endpoint } from '@seakeep/core'
import { sayGoodbye } from '../src/governed-grpc-server.ts'

export type BytesCall = ServerUnaryCall<Buffer, Uint8Array>
export type BytesStreamCall = ServerWritableStream<Buffer, Uint8Array>
export type BytesHandler = handleUnaryCall<Buffer, Uint8Array>

export interface GrpcServer {
  readonly endpoint: Endpoint
  /** Breaks off what is under way and stops listening. */
  close(): Promise<void>
  /** Asks the clients that are connected to come back over another connection. */
  goAway(): void
  /** Ends when every connection has been closed from the other side. */
  drained(): Promise<void>
}

interface ServeRules {
  /** Default: a free one. */
  readonly port?: number | undefined
  /** Methods that stream their answer. */
  readonly streams?: Readonly<Record<string, (call: BytesStreamCall) => void>>
  /** Methods whose request comes in pieces, which are handed over together. */
  readonly pieces?: Readonly<
    Record<
      string,
      (call: ServerReadableStream<Buffer, Uint8Array>, all: Buffer, done: sendUnaryData<Uint8Array>) => void
    >
  >
}

/** Serves methods by their names, as `pkg.Service/Method`. */
export async function serve(
  handlers: Readonly<Record<string, BytesHandler>>,
  { port = 0, streams = {}, pieces = {} }: ServeRules = {},
): Promise<GrpcServer> {
  const server = new Server()
  for (const [method, handler] of Object.entries(handlers))
    server.addService({ only: bytesMethod(method) }, { only: handler })
  for (const [method, handler] of Object.entries(streams))
    server.addService({ only: { ...bytesMethod(method), responseStream: true } }, { only: handler })
  for (const [method, handler] of Object.entries(pieces)) {
    const gather = (call: ServerReadableStream<Buffer, Uint8Array>, done: sendUnaryData<Uint8Array>): void => {
      const all: Buffer[] = []
      call.on('data', (piece: Buffer) => all.push(piece))
      call.on('end', () => handler(call, Buffer.concat(all), done))
    }
    server.addService({ only: { ...bytesMethod(method), requestStream: true } }, { only: gather })
  }
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    )
  })
  return {
    endpoint: endpointAt(bound),
    close: async () => server.forceShutdown(),
    goAway: () => sayGoodbye(server),
    drained: () => new Promise((resolve) => server.tryShutdown(() => resolve())),
  }
}

export function endpointAt(port: number): Endpoint {
  return { id: `echo@${port}`, service: 'echo', address: { host: '127.0.0.1', port }, protocol: 'grpc', weight: 1 }
}

/** An endpoint at which nobody listens. */
export async function nobody(): Promise<Endpoint> {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
  await new Promise((resolve) => server.close(resolve))
  return endpointAt(port)
}

function bytesMethod(method: string): MethodDefinition<Buffer, Uint8Array> {
  const same = <T>(bytes: T): T => bytes
  return {
    path: `/${method}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: (bytes) => bytes as Buffer,
    responseDeserialize: same,
  }
}
