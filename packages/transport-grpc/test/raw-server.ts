// An HTTP/2 server without gRPC in it: for what servers of other languages, proxies and broken ones send, and grpc-js' own
// never does.
import { Buffer } from 'node:buffer'
import { createServer, type Http2ServerRequest, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Endpoint } from '@seakeep/core'
import { endpointAt } from './grpc-server.ts'

export const GRPC_HEAD: Readonly<Record<string, unknown>> = { ':status': 200, 'content-type': 'application/grpc' }

export interface RawServer {
  readonly endpoint: Endpoint
  /** Connections that were made, closed ones included. */
  readonly connections: () => number
  close(): Promise<void>
}

/** Each stream is handed out when its request has come whole. */
export async function serveRaw(onStream: (stream: ServerHttp2Stream, path: string) => void): Promise<RawServer> {
  const server = createServer()
  const sessions = new Set<ServerHttp2Session>()
  let connections = 0
  server.on('session', (session) => {
    connections += 1
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    session.on('error', () => {})
  })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    stream.resume()
    stream.on('end', () => onStream(stream, String(headers[':path'])))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: endpointAt((server.address() as AddressInfo).port),
    connections: () => connections,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const session of sessions) session.destroy()
      await closed
    },
  }
}

/** The answer of a method that went well, or not: the head, these messages, and trailers. */
export function answer(stream: ServerHttp2Stream, messages: readonly Uint8Array[], trailers: object, head = {}): void {
  stream.respond({ ...GRPC_HEAD, ...head }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers(trailers as Http2ServerRequest['headers']))
  for (const message of messages) stream.write(message)
  stream.end()
}

/** A message as it stands on the wire: whether it is compressed, its length, its bytes. */
export function framed(bytes: Uint8Array, isCompressed = false): Uint8Array {
  const head = Buffer.alloc(5)
  head[0] = isCompressed ? 1 : 0
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}
