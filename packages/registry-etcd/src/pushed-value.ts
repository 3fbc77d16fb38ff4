import { Buffer } from 'node:buffer'
import { asError, objectOf, type PushedPolicies, printed } from '@seakeep/core/spi'
import { MalformedValueError } from './instance-value.ts'

/** One push as the history keeps it: its fields as JSON. */
export function pushedValue({ hash, text, atMs, author, message }: PushedPolicies): Uint8Array {
  return Buffer.from(JSON.stringify({ hash, text, atMs, author, message }))
}

/** @throws MalformedValueError naming the key and the path. */
export function pushedPolicies(bytes: Uint8Array, key: string): PushedPolicies {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(bytes).toString())
  } catch (cause) {
    throw new MalformedValueError(key, '', `no JSON: ${asError(cause).message}`, { cause })
  }
  const fields = objectOf(parsed)
  if (fields === undefined) throw new MalformedValueError(key, '', `${printed(parsed)} is no entry`)
  const textAt = (path: string): string => {
    const value = fields[path]
    if (typeof value === 'string') return value
    throw new MalformedValueError(key, path, `${printed(value)} is not allowed; a text`)
  }
  const { atMs } = fields
  if (typeof atMs !== 'number' || !Number.isFinite(atMs)) {
    throw new MalformedValueError(key, 'atMs', `${printed(atMs)} is not allowed; a number`)
  }
  return {
    hash: textAt('hash'),
    text: textAt('text'),
    atMs,
    ...(fields.author === undefined ? {} : { author: textAt('author') }),
    ...(fields.message === undefined ? {} : { message: textAt('message') }),
  }
}
