import { Buffer } from 'node:buffer'
import { ConfigError } from '@seakeep/core'
import { kindOf, type MethodKind } from './method-kind.ts'

/** Stands between the bodies of calls and the bytes of messages. `method` is as in the call: `pkg.Service/Method`. */
export interface GrpcCodec {
  /** What it throws ends the call before anything is sent, as a mistake in the request. */
  encode(method: string, body: unknown): Uint8Array
  /** What it throws makes the attempt an error: the answer is none of this method's. */
  decode(method: string, bytes: Buffer): unknown
  /** Which sides of a method stream; undefined where it does not know the method. Then the call says it. */
  kind?(method: string): MethodKind | undefined
}

/** What a codec has to know of a method: grpc-js' `MethodDefinition` has it, as generated code and proto-loader make it. */
export interface MethodMessages extends MethodKind {
  /** `/pkg.Service/Method`. */
  readonly path: string
  requestSerialize(message: never): Uint8Array
  responseDeserialize(bytes: Buffer): unknown
}

/** Bodies are bytes, and an absent one is the message of no bytes, which is every protobuf message's default. */
export const BYTES: GrpcCodec = { encode: (_method, body) => bytesOf(body), decode: (_method, bytes) => viewOf(bytes) }

/**
 * The codec of services whose definitions are at hand: bodies are their messages, and methods stream as they are defined.
 * Methods that none of them defines have bytes for bodies.
 *
 * ```ts
 * grpc({ codec: codecOf(InventoryClient.service) })
 * ```
 */
export function codecOf(...services: readonly Readonly<Record<string, MethodMessages>>[]): GrpcCodec {
  const methods = new Map<string, MethodMessages>()
  const kinds = new Map<string, MethodKind>()
  for (const service of services) {
    for (const one of Object.values(service)) {
      methods.set(one.path.slice(1), one)
      kinds.set(one.path.slice(1), kindOf(one))
    }
  }
  return {
    encode: (method, body) => {
      const known = methods.get(method)
      return known === undefined ? bytesOf(body) : known.requestSerialize((body ?? {}) as never)
    },
    decode: (method, bytes) => {
      const known = methods.get(method)
      return known === undefined ? viewOf(bytes) : known.responseDeserialize(bytes)
    },
    kind: (method) => kinds.get(method),
  }
}

function bytesOf(body: unknown): Uint8Array {
  if (body === undefined || body === null) return EMPTY
  if (body instanceof Uint8Array) return body
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  const kind = typeof body === 'object' ? body.constructor?.name : typeof body
  throw new ConfigError('request.body', `${kind} is not allowed; bytes, or a method that the codec of grpc() knows`)
}

const EMPTY = Buffer.alloc(0)

/** A Buffer is only lent: whoever gets a body gets plain bytes, as over HTTP. */
function viewOf(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
