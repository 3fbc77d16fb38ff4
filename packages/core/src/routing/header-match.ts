/** Which values of a header a route speaks of: `beta` that one, `beta*` what begins so, `*` any that is there. */
import { headerOf } from '../call/request-traits.ts'
import { mapOf } from '../options/collections.ts'
import { type Field, refined } from '../options/field.ts'
import { headerName } from '../options/header-name.ts'
import { quoted } from './rows.ts'

export interface HeaderMatch {
  /** In lower case. */
  readonly name: string
  /** Without its star. */
  readonly text: string
  readonly isPrefix: boolean
}

/** A star stands at the end or nowhere. */
const PATTERN = /^[^*]*\*?$/

const VALUE = quoted({
  expected: 'a value, the beginning of one (beta*), or * for any',
  read: (input) => (typeof input === 'string' && input !== '' && PATTERN.test(input) ? input : undefined),
  schema: { type: 'string', minLength: 1, pattern: PATTERN.source },
})

/** The field `headers` of a route: all of them must match. */
export const HEADER_MATCHES: Field<readonly HeaderMatch[], ''> = refined(
  mapOf(headerName(), VALUE, { min: 1, about: 'Headers that a call must have, each with a value, beta* or *' }),
  (headers, at) => {
    const matches = Object.entries(headers).map(([name, value]) => {
      const isPrefix = value.endsWith('*')
      return Object.freeze({ name: name.toLowerCase(), text: isPrefix ? value.slice(0, -1) : value, isPrefix })
    })
    const twice = matches.find(({ name }, i) => matches.findIndex((other) => other.name === name) !== i)
    if (twice !== undefined) throw at.error(`${twice.name} is named twice; upper and lower case are the same`)
    return Object.freeze(matches)
  },
)

/** Names in any case, values in exactly this one. */
export function matchesHeaders(
  matches: readonly HeaderMatch[],
  headers: Readonly<Record<string, string>> | undefined,
): boolean {
  for (const { name, text, isPrefix } of matches) {
    const value = headerOf(headers, name)
    if (value === undefined || (isPrefix ? !value.startsWith(text) : value !== text)) return false
  }
  return true
}
