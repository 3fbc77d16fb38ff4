/**
 * Reads Consul's answers without believing them: each step names the field it failed at. What is not asked for is not
 * looked at, so that newer servers may say more.
 */
import type { Buffer } from 'node:buffer'
import { RegistryAnswerError } from './consul-errors.ts'

export interface JsonObject {
  readonly [key: string]: unknown
}

export function parseAnswer(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (error) {
    const begin = body.subarray(0, 40).toString('utf8')
    throw new RegistryAnswerError('', `the answer is not JSON: it begins with ${JSON.stringify(begin)}`, {
      cause: error,
    })
  }
}

export function listAt(value: unknown, path: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuse(value, path, 'a list')
}

export function objectAt(value: unknown, path: string): JsonObject {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as JsonObject) : refuse(value, path, 'an object')
}

export function textAt(value: unknown, path: string, maxLength: number = MAX_TEXT): string {
  if (typeof value !== 'string') return refuse(value, path, 'a text')
  if (value.length > maxLength) throw new RegistryAnswerError(path, `longer than ${maxLength} characters`)
  return value
}

export function integerAt(value: unknown, path: string, min: number, max: number): number {
  const isOne = Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
  return isOne ? (value as number) : refuse(value, path, `an integer from ${min} to ${max}`)
}

/** Go writes empty maps and lists as `null`, and leaves some out. */
export function orEmpty<T>(value: unknown, empty: T): unknown {
  return value ?? empty
}

/** Consul's own bound for a value of metadata is 512, for names of services none that is told. */
const MAX_TEXT = 4096

function refuse(value: unknown, path: string, expected: string): never {
  throw new RegistryAnswerError(path, `${kindOf(value)} is not ${expected}`)
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return value.length > 40 ? 'a long text' : JSON.stringify(value)
  return Array.isArray(value) ? 'a list' : 'an object'
}
