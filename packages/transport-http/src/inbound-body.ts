import { Buffer } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isMsgpack, JSON_TYPE, MSGPACK_TYPE, preferred, readMsgpack, writeJson, writeMsgpack } from './body-codec.ts'

export interface ReadBodyOptions {
  /** Largest body that is read, in bytes. Default 1 MiB. */
  readonly maxBytes?: number
}

/** Why a body was not read: `status` is what to answer (400, 413, 415). */
export class BodyError extends Error {
  readonly code = 'SEAKEEP_BODY'
  readonly status: number

  constructor(status: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'BodyError'
    this.status = status
  }
}

const MAX_BYTES = 1024 * 1024

/**
 * The body of a request as the value it stands for, in whichever of JSON and msgpack it was sent; undefined where there
 * is none. What is too large is not read to its end: the connection goes with the answer.
 *
 * Rejects with a BodyError.
 */
export async function readBody(
  request: IncomingMessage,
  { maxBytes = MAX_BYTES }: ReadBodyOptions = {},
): Promise<unknown> {
  const tooLarge = (): BodyError => new BodyError(413, `the body is larger than ${maxBytes} bytes`)
  if (Number(request.headers['content-length']) > maxBytes) throw tooLarge()
  const pieces: Buffer[] = []
  let size = 0
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > maxBytes) throw tooLarge()
      pieces.push(piece)
    }
  } catch (error) {
    throw error instanceof BodyError ? error : new BodyError(400, 'the body broke off', error)
  }
  if (size === 0) return undefined
  return decoded(Buffer.concat(pieces, size), request.headers['content-type'])
}

function decoded(bytes: Buffer, type: string | undefined): unknown {
  try {
    if (isMsgpack(type)) return readMsgpack(bytes)
    if (type === undefined || /[/+]json\s*(;|$)/i.test(type)) return JSON.parse(bytes.toString('utf8')) as unknown
  } catch (cause) {
    throw new BodyError(
      400,
      `the body calls itself ${type ?? JSON_TYPE} and is none: ${(cause as Error).message}`,
      cause,
    )
  }
  throw new BodyError(415, `a body of type ${type} is not understood; ${JSON_TYPE} or ${MSGPACK_TYPE}`)
}

/** Answers with a value, in whichever of the two the request prefers. */
export function sendBody(request: IncomingMessage, response: ServerResponse, status: number, value: unknown): void {
  const isMsgpackWanted = preferred(request.headers.accept) === 'msgpack'
  const bytes = isMsgpackWanted ? writeMsgpack(value) : Buffer.from(writeJson(value))
  response.writeHead(status, {
    'content-type': isMsgpackWanted ? MSGPACK_TYPE : JSON_TYPE,
    'content-length': bytes.byteLength,
    vary: 'accept',
  })
  response.end(bytes)
}
