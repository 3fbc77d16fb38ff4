import { decode, encode } from '@msgpack/msgpack'
import { ConfigError } from '@seakeep/core'

/** What structured bodies are written in. Which one it was is said by the content type; answers are asked for by `accept`. */
export type BodyCodec = 'json' | 'msgpack'

export const MSGPACK_TYPE = 'application/msgpack'
export const JSON_TYPE = 'application/json'
const MSGPACK = /^application\/(x-msgpack|msgpack|vnd\.msgpack)\s*(;|$)/i
/** Deeper than this nobody means it, and a decoder would run out of stack. */
const MAX_DEPTH = 100

export function isMsgpack(type: string | undefined): boolean {
  return type !== undefined && MSGPACK.test(type)
}

/** What an `accept` header prefers of the two; `json` where it does not speak of msgpack, or likes JSON as well. */
export function preferred(accept: string | undefined): BodyCodec {
  if (accept === undefined || !accept.includes('msgpack')) return 'json'
  let best: BodyCodec = 'json'
  let bestWeight = -1
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.trim().split(';')
    const kind = isMsgpack(type)
      ? 'msgpack'
      : /^(application\/json|\*\/\*|application\/\*)$/.test(type.trim())
        ? 'json'
        : undefined
    const said = parameters.find((one) => one.trim().startsWith('q='))
    const weight = said === undefined ? 1 : Number(said.trim().slice(2))
    if (kind !== undefined && weight > bestWeight) {
      best = kind
      bestWeight = weight
    }
  }
  return best
}

export const acceptOf: Readonly<Record<BodyCodec, string | undefined>> = {
  json: undefined,
  msgpack: `${MSGPACK_TYPE}, ${JSON_TYPE};q=0.9, */*;q=0.8`,
}

/** @throws ConfigError naming the field that msgpack cannot say: a function, a symbol, a circle. */
export function writeMsgpack(body: unknown): Uint8Array {
  try {
    return encode(body, { ignoreUndefined: true, maxDepth: MAX_DEPTH })
  } catch (cause) {
    throw unwritable(body, 'msgpack', cause)
  }
}

/** @throws ConfigError naming the field that JSON cannot say: a bigint, a circle. */
export function writeJson(body: unknown): string {
  try {
    const text = JSON.stringify(body)
    if (text !== undefined) return text
  } catch (cause) {
    throw unwritable(body, 'JSON', cause)
  }
  throw new ConfigError('request.body', `a ${typeof body} cannot be written as JSON`)
}

/**
 * The value that bytes stand for. Of a length that the bytes do not hold nothing is reserved in advance.
 *
 * @throws an Error that says where in the bytes it went wrong.
 */
export function readMsgpack(bytes: Uint8Array): unknown {
  // A decoder believes what a head says of the length of what follows: no more than there are bytes can be true.
  const most = bytes.length
  // Bytes within it are views of what is read: a Buffer would hand Buffers out.
  return decode(new Uint8Array(bytes.buffer, bytes.byteOffset, most), {
    maxStrLength: most,
    maxBinLength: most,
    maxArrayLength: most,
    maxMapLength: most,
    maxExtLength: most,
  })
}

function unwritable(body: unknown, codec: string, cause: unknown): ConfigError {
  const { path, why } = culprit(body, 'request.body', codec, [])
  return new ConfigError(path, `${why} cannot be written as ${codec}`, { cause })
}

/** The first field of a body that its codec has no words for. */
function culprit(
  value: unknown,
  path: string,
  codec: string,
  above: readonly unknown[],
): { path: string; why: string } {
  const isUnsayable =
    typeof value === 'function' || typeof value === 'symbol' || (typeof value === 'bigint' && codec === 'JSON')
  if (isUnsayable) return { path, why: `a ${typeof value}` }
  if (above.includes(value)) return { path, why: 'a value that contains itself' }
  if (above.length > MAX_DEPTH) return { path: 'request.body', why: `what is nested deeper than ${MAX_DEPTH}` }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return { path: '', why: '' }
  for (const [name, inner] of Object.entries(value)) {
    const at = Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`
    const found = culprit(inner, at, codec, [...above, value])
    if (found.path !== '') return found
  }
  return above.length === 0 ? { path: 'request.body', why: 'it' } : { path: '', why: '' }
}
