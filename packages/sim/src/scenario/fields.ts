/** The kinds of field that scenarios have beyond those of policies: seeds, kinds told by their key. */
import { type Field, missing, notAllowed, objectOf, optional, type Place, scalar } from '@seakeep/core/spi'
import type { Distribution } from '../model/distribution.ts'
import { distribution } from '../model/distribution-field.ts'
import type { DistributionData } from '../model/distributions.ts'
import { unknownWord } from './said.ts'

/** A distribution, and `data` where none is given. */
export function distributionOr(data: DistributionData): Field<Distribution, ''> {
  return { ...optional(distribution), resolve: (input, at) => distribution.resolve(input ?? data, at) }
}

const MAX_SEED = 2 ** 53 - 1

/** A seed as people give it: a number, or hexadecimal text. */
export function seed(): Field<number, ''> {
  return scalar({
    suffix: '',
    expected: `an integer from 0 to ${MAX_SEED} (0x… is read, too)`,
    read: readSeed,
    default: 1,
    schema: { type: ['integer', 'string'], minimum: 0, maximum: MAX_SEED, pattern: '^0x[0-9a-fA-F]+$' },
  })
}

export function readSeed(input: unknown): number | undefined {
  const value = typeof input === 'string' && /^0x[0-9a-f]+$/i.test(input) ? Number(input) : input
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) + 0 : undefined
}

/** The one kind that an object of one key names, with what is given for it; `aside` are keys that stand beside it. */
export function kindOf<Kind extends string>(
  input: unknown,
  at: Place,
  kinds: readonly Kind[],
  aside: readonly string[] = [],
): { readonly kind: Kind; readonly given: unknown; readonly at: Place } {
  const expected = `an object with ${aside.map((key) => `${key} and `).join('')}one of ${kinds.join(', ')}`
  const object = objectOf(input)
  if (object === undefined) throw input === undefined ? missing(at, expected) : notAllowed(at, input, expected)
  const found = Object.keys(object).filter((key) => !aside.includes(key) && object[key] !== undefined)
  for (const key of found) {
    if (!kinds.includes(key as Kind)) throw unknownWord(at.at(key), 'unknown key', key, kinds)
  }
  if (found.length !== 1) {
    throw at.error(found.length === 0 ? `names no kind; ${expected}` : `${found.join(' and ')} together; ${expected}`)
  }
  const kind = found[0] as Kind
  return { kind, given: object[kind], at: at.at(kind) }
}
