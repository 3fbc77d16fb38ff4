// A client without gRPC in it: for what grpc-js' own would never send.
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'

export interface RawReply {
  /** `grpc-status`, wherever it stood; undefined where the stream ended without one. */
  readonly status: string | undefined
  readonly httpStatus: number | undefined
  /** The code a reset came with; 0 where there was none. */
  readonly resetCode: number
}

export class RawClient {
  readonly #session: ClientHttp2Session

  constructor(port: number) {
    this.#session = connect(`http://127.0.0.1:${port}`)
    this.#session.on('error', () => {})
  }

  get isOpen(): boolean {
    return !this.#session.closed && !this.#session.destroyed
  }

  /** Sends bytes as the messages of one call, and waits until its stream is closed. */
  send(
    bytes: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
    path = '/test.Greeter/SayHello',
  ): Promise<RawReply> {
    return new Promise((resolve) => {
      const stream = this.#session.request({
        ...{ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' },
        ...headers,
      })
      let status: string | undefined
      let httpStatus: number | undefined
      const read = (fields: IncomingHttpHeaders): void => {
        status ??= fields['grpc-status'] as string | undefined
      }
      stream.on('response', (fields) => {
        httpStatus = fields[':status']
        read(fields)
      })
      stream.on('trailers', read)
      stream.on('error', () => {})
      stream.on('close', () => resolve({ status, httpStatus, resetCode: stream.rstCode ?? 0 }))
      stream.resume()
      stream.end(bytes)
    })
  }

  close(): void {
    this.#session.destroy()
  }
}
