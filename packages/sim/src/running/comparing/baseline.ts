/** A baseline file: the sides that a later comparison takes as its base. */
import { ConfigError } from '@seakeep/core'
import { objectOf } from '@seakeep/core/spi'
import type { Side } from './side.ts'

const SCHEMA = 'seakeep.baseline/1'

export function baselineText(sides: readonly Side[]): string {
  return `${JSON.stringify({ schema: SCHEMA, sides }, undefined, 1)}\n`
}

/** Throws a ConfigError where `text` is no baseline of this version. `file`: what it is called in messages. */
export function parseBaseline(text: string, file: string): readonly Side[] {
  const document = objectOf(parsed(text, file))
  if (document?.schema !== SCHEMA) {
    const found = typeof document?.schema === 'string' ? `its schema is ${document.schema}` : 'it names no schema'
    throw new ConfigError('', `${file} is no baseline of this version: ${found}, not ${SCHEMA}`)
  }
  if (!Array.isArray(document.sides) || !document.sides.every(isSide)) {
    throw new ConfigError('', `${file} is not as seakeep compare --save-baseline writes it`)
  }
  return document.sides as readonly Side[]
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new ConfigError('', `${file} is no JSON: ${(cause as Error).message}`, { cause })
  }
}

function isSide(value: unknown): boolean {
  const side = objectOf(value)
  const isRun = (one: unknown): boolean =>
    typeof objectOf(one)?.seed === 'number' && objectOf(objectOf(one)?.figures) !== undefined
  return typeof side?.scenario === 'string' && Array.isArray(side.runs) && side.runs.every(isRun)
}
