/** Consul's KV: one key at a time. */
import { Buffer } from 'node:buffer'
import { integerAt, listAt, objectAt, parseAnswer, textAt } from './answer-reader.ts'
import type { ConsulAnswer, ConsulClient, ConsulQuestion } from './consul-client.ts'
import { RegistryAnswerError } from './consul-errors.ts'

export interface KvEntry {
  readonly value: Buffer
  /** Grows with each write to the key. */
  readonly modifyIndex: number
  /** The id of the session that holds it, if one does. */
  readonly session: string | undefined
}

/** Consul's `kv_max_value_size`, unless the agent says otherwise. */
export const MAX_VALUE_BYTES: number = 512 * 1024

/** Below `/v1`, without a query. */
export function kvPath(key: string): string {
  return `/kv/${key.split('/').map(encodeURIComponent).join('/')}`
}

/** Undefined where the key is not there. */
export function readKv({ status, body }: ConsulAnswer): KvEntry | undefined {
  if (status === 404) return undefined
  const [first] = listAt(parseAnswer(body), '')
  const { Value, ModifyIndex, Session } = objectAt(first, '[0]')
  const value = Value === null ? '' : textAt(Value, '[0].Value', Number.POSITIVE_INFINITY)
  return {
    value: Buffer.from(value, 'base64'),
    modifyIndex: integerAt(ModifyIndex, '[0].ModifyIndex', 1, Number.MAX_SAFE_INTEGER),
    session: Session === undefined || Session === '' ? undefined : textAt(Session, '[0].Session'),
  }
}

/** The answer to a write: whether the condition it was made under was met. */
export function readVerdict({ body }: ConsulAnswer): boolean {
  const verdict = parseAnswer(body)
  if (typeof verdict === 'boolean') return verdict
  throw new RegistryAnswerError('', 'the answer to a write is neither true nor false')
}

/** Below `prefix/`, in the order of the alphabet. */
export function readKeys({ status, body }: ConsulAnswer): readonly string[] {
  return status === 404 ? [] : listAt(parseAnswer(body), '').map((key, at) => textAt(key, `[${at}]`))
}

/** For who awaits: rejects with what went wrong. */
export function asked(client: ConsulClient, question: ConsulQuestion): Promise<ConsulAnswer> {
  return new Promise((resolve, reject) => {
    client.ask(question, (result) => (result instanceof Error ? reject(result) : resolve(result)))
  })
}
