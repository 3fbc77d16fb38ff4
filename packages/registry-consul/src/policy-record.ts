/**
 * A push as the history keeps it: a key whose name sorts by time and then by the order of writes,
 * `<key>/history/<milliseconds since 1970>-<revision>-<hash>`, and all else in its value. The text stands there again, so
 * that a rollback needs nothing but the record.
 */
import { Buffer } from 'node:buffer'
import { ConfigError } from '@seakeep/core'
import type { PushedPolicies } from '@seakeep/core/spi'
import { integerAt, objectAt, parseAnswer, textAt } from './answer-reader.ts'
import { MAX_VALUE_BYTES } from './kv.ts'

export function historyPrefix(key: string): string {
  return `${key}/history/`
}

export function historyKey(key: string, { atMs, hash }: PushedPolicies, revision: number): string {
  return `${historyPrefix(key)}${padded(Math.floor(atMs))}-${padded(revision)}-${hash}`
}

/** @throws ConfigError where it is more than Consul keeps under a key. */
export function writtenRecord({ hash, text, atMs, author, message }: PushedPolicies): string {
  const record = JSON.stringify({ hash, atMs, author, message, text })
  const bytes = Buffer.byteLength(record)
  if (bytes <= MAX_VALUE_BYTES) return record
  throw new ConfigError('', `the document needs ${bytes} bytes; Consul keeps at most ${MAX_VALUE_BYTES} under a key`)
}

export function readRecord(value: Buffer): PushedPolicies {
  const { hash, atMs, author, message, text } = objectAt(parseAnswer(value), '')
  return {
    hash: textAt(hash, 'hash'),
    text: textAt(text, 'text', Number.POSITIVE_INFINITY),
    atMs: integerAt(atMs, 'atMs', 0, Number.MAX_SAFE_INTEGER),
    ...(author === undefined ? {} : { author: textAt(author, 'author') }),
    ...(message === undefined ? {} : { message: textAt(message, 'message') }),
  }
}

function padded(number: number): string {
  return String(number).padStart(15, '0')
}
