/** Which requests a fault strikes, where it does not strike all: those about some keys, from one caller, of one kind. */
import {
  byKind,
  type Field,
  type FieldsOf,
  listOf,
  optional,
  type Place,
  printed,
  refined,
  text,
} from '@seakeep/core/spi'
import { unknownWord } from '../said.ts'
import { shareText } from './share-text.ts'

export interface RequestFilterData {
  /** Only requests made for a user's call with this key, or one of these, at any depth. Default any. */
  readonly key?: string | readonly string[]
  /** Only requests of this caller: a service, or what a workload's callers are called. Default any. */
  readonly caller?: string
  /** Only calls of this method, as `POST /charges`. Default any. */
  readonly method?: string
  /** Only calls of this class; `default` are also those that name none. Default any. */
  readonly priority?: string
}

/** What is undefined holds for all. */
export interface RequestFilter {
  readonly keys: ReadonlySet<string> | undefined
  readonly caller: string | undefined
  readonly method: string | undefined
  readonly priority: string | undefined
  /** As part of the fault's label: `key k7, caller orders`. */
  readonly label: string
}

const keys: Field<readonly string[], ''> = byKind({
  text: refined(text(), (one): readonly string[] => [one]),
  list: listOf(text(), { min: 1 }),
})

/** What every fault that has a filter takes for it. */
export const filterFields: FilterFields = {
  key: optional(keys),
  caller: optional(text()),
  method: optional(text()),
  priority: optional(text()),
} satisfies FieldsOf<RequestFilterData>

type FilterFields = {
  readonly key: Field<readonly string[] | undefined, ''>
  readonly caller: Field<string | undefined, ''>
  readonly method: Field<string | undefined, ''>
  readonly priority: Field<string | undefined, ''>
}

interface Written {
  readonly key: readonly string[] | undefined
  readonly caller: string | undefined
  readonly method: string | undefined
  readonly priority: string | undefined
}

/** Undefined where all requests are meant. `parties` are all who may call. */
export function resolveFilter(given: Written, at: Place, parties: readonly string[]): RequestFilter | undefined {
  const { key, caller, method, priority } = given
  if (caller !== undefined && !parties.includes(caller)) {
    throw unknownWord(at.at('caller'), `${printed(caller)} is not in the topology`, caller, parties)
  }
  const said = Object.entries({ key: key?.join(' '), caller, method, priority })
  const label = said.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`])).join(', ')
  if (label === '') return undefined
  return { keys: key === undefined ? undefined : new Set(key), caller, method, priority, label }
}

/** As part of a label: which share of which requests, where it is not all of any. */
export function struckText(ratio: number, only: RequestFilter | undefined): string {
  return only === undefined ? shareText(ratio) : `${shareText(ratio)} ${only.label}`
}
