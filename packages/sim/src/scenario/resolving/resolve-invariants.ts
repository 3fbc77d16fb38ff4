/** Which invariants a scenario asks for, and with which bounds. */
import {
  duration,
  durationText,
  type Field,
  integer,
  objectOf,
  oneOf,
  type Place,
  printed,
  ratio,
  rootPlace,
} from '@seakeep/core/spi'
import { kindOf } from '../fields.ts'
import type { InvariantName } from '../invariants-data.ts'
import type { ResolvedInvariant } from '../resolved-scenario.ts'
import { unknownWord } from '../said.ts'

type Bound = Pick<ResolvedInvariant, 'lengthMs' | 'limit'>
interface Form {
  /** What it is by itself. */
  readonly alone: Bound
  /** What may be given with it. */
  readonly field?: Field<number>
  readonly bound?: (given: number) => Bound
}

const lasting = (byDefault: number): Form => ({
  alone: { lengthMs: byDefault },
  field: duration(),
  bound: (lengthMs) => ({ lengthMs }),
})
const bounded = (field: Field<number>): Form => ({ alone: {}, field, bound: (limit) => ({ limit }) })
const BARE: Form = { alone: {} }

const FORMS: Readonly<Record<InvariantName, Form>> = {
  conservation: BARE,
  littlesLaw: BARE,
  noUnhandledRejection: BARE,
  retryBudget: bounded(ratio()),
  concurrencyLimit: bounded(integer({ min: 1, max: 1e6 })),
  noCallToDead: lasting(30_000),
  deadline: lasting(1),
  noLateRetry: BARE,
  breakerTransitions: BARE,
  noStarvation: lasting(5000),
  recovery: lasting(30_000),
}
export const INVARIANT_NAMES: readonly InvariantName[] = Object.keys(FORMS) as InvariantName[]

const name = oneOf(INVARIANT_NAMES)

export function resolveInvariants(input: unknown, at: Place): readonly ResolvedInvariant[] {
  if (input === undefined) return []
  if (input === 'all') return INVARIANT_NAMES.map((name) => ({ name, text: name, ...FORMS[name].alone }))
  const expected = `all, or a list of ${INVARIANT_NAMES.join(', ')}`
  if (!Array.isArray(input)) throw at.error(`${printed(input)} is not allowed; ${expected}`)
  const all = input.map((one: unknown, i) => resolveOne(one, at.at(i)))
  const twice = all.findIndex((one, i) => all.some((other, j) => j < i && other.text === one.text))
  if (twice >= 0) throw at.at(twice).error(`${all[twice]?.text} is there twice`)
  return all
}

/** What a scenario asks for, and more by name; its own keep what they are given. */
export function withInvariants(own: unknown, more: 'all' | readonly string[]): unknown {
  if (own === 'all' || more === 'all') {
    const given = Array.isArray(own) ? own : []
    return [...given, ...INVARIANT_NAMES.filter((name) => !has(given, name))]
  }
  for (const name of more) {
    const at = rootPlace('--invariants')
    if (!INVARIANT_NAMES.includes(name as InvariantName)) {
      throw unknownWord(at, `${printed(name)} is no invariant`, name, ['all', ...INVARIANT_NAMES])
    }
  }
  const given = Array.isArray(own) ? own : []
  return [...given, ...more.filter((name) => !has(given, name))]
}

function has(given: readonly unknown[], name: string): boolean {
  return given.some((one) => one === name || objectOf(one)?.[name] !== undefined)
}

function resolveOne(input: unknown, at: Place): ResolvedInvariant {
  if (objectOf(input) === undefined) {
    if (typeof input === 'string' && !INVARIANT_NAMES.includes(input as InvariantName)) {
      throw unknownWord(at, `${printed(input)} is no invariant`, input, INVARIANT_NAMES)
    }
    const known = name.resolve(input, at)
    return { name: known, text: known, ...FORMS[known].alone }
  }
  const { kind, given, at: place } = kindOf(input, at, INVARIANT_NAMES)
  const { field, bound, alone } = FORMS[kind]
  if (field === undefined || bound === undefined) {
    if (given === true) return { name: kind, text: kind, ...alone }
    throw place.error(`${kind} takes nothing; written as ${kind} alone`)
  }
  const value = field.resolve(given, place)
  return { name: kind, text: `${kind} ${field.suffix === 'Ms' ? durationText(value) : value}`, ...bound(value) }
}
