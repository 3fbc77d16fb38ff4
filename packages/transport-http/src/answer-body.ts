import type { Buffer } from 'node:buffer'
import { isMsgpack, readMsgpack } from './body-codec.ts'

/**
 * What an answer's bytes are handed out as. JSON is parsed, what is known to be text (or says nothing of itself) becomes
 * a string, and all else stays bytes: an image read as text would be lost.
 */
export type BodyKind = 'json' | 'msgpack' | 'text' | 'bytes'

const JSON_TYPE = /^[^;]*\/(json|[^;]*\+json)\s*(;|$)/
const TEXT =
  /^text\/|^application\/(xml|javascript|x-www-form-urlencoded|yaml|toml|sql|graphql)\b|\+(xml|yaml)\b|charset=/
const CHARSET = /charset="?([^";\s]+)/

export function bodyKind(headers: Readonly<Record<string, string>>): BodyKind {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') return 'bytes'
  const type = headers['content-type']
  if (type === undefined) return 'text'
  if (type === 'application/json' || type.startsWith('application/json;')) return 'json'
  const lower = type.toLowerCase()
  if (JSON_TYPE.test(lower)) return 'json'
  if (isMsgpack(lower)) return 'msgpack'
  return TEXT.test(lower) ? 'text' : 'bytes'
}

/** @throws an Error for JSON or msgpack that is none. No bytes at all are no JSON either, but no error: a HEAD, a 204. */
export function readBody(bytes: Buffer, headers: Readonly<Record<string, string>>): unknown {
  const kind = bodyKind(headers)
  if (kind === 'msgpack') return bytes.length === 0 ? undefined : readMsgpack(bytes)
  if (kind === 'bytes') return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = textOf(bytes, headers['content-type'])
  if (kind === 'text') return text
  return text === '' ? undefined : JSON.parse(text)
}

/** UTF-8 unless the type names another charset; a byte order mark is no part of the text. */
export function textOf(bytes: Buffer, type: string | undefined): string {
  const charset = type?.includes('charset=') ? CHARSET.exec(type.toLowerCase())?.[1] : undefined
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') return decoded(bytes, charset)
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return bytes.toString('utf8', hasMark ? 3 : 0)
}

function decoded(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return bytes.toString('utf8')
  }
}
