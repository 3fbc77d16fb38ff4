import { Buffer } from 'node:buffer'
import type { Metadata } from '@grpc/grpc-js'
import type { Answer, CallRequest } from '@seakeep/core'
import { headersOf } from './answer-headers.ts'
import type { MethodKind } from './method-kind.ts'

/** A request of a stub that is governed: its messages are bytes already, and its metadata goes as it is. */
export class StubRequest implements CallRequest {
  readonly method: string
  readonly kind: MethodKind
  readonly body: unknown
  readonly metadata: Metadata
  #headers: Readonly<Record<string, string>> | undefined = undefined

  constructor(method: string, kind: MethodKind, body: unknown, metadata: Metadata) {
    this.method = method
    this.kind = kind
    this.body = body
    this.metadata = metadata
  }

  get stream(): boolean {
    return this.kind.responseStream
  }

  /** For who routes by them; few do. */
  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= headersOf(this.metadata)
    return this.#headers
  }
}

/** What a stub is answered: with the metadata as it came. */
export class StubAnswer implements Answer {
  readonly status = 200
  readonly body: unknown
  readonly metadata: Metadata | undefined
  /** Of a streamed answer they come at its end. */
  trailers: Metadata | undefined

  constructor(body: unknown, metadata: Metadata | undefined, trailers: Metadata | undefined) {
    this.body = body
    this.metadata = metadata
    this.trailers = trailers
  }

  get headers(): Readonly<Record<string, string>> {
    return headersOf(this.metadata, this.trailers)
  }
}

export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
