/** The names of services and hosts that a target's key speaks of: a name, a glob, or `*` for all. */
import { isName } from '../options/words.ts'

export interface NamePattern {
  /** 0 for all, 1 for a glob, 2 for one name. */
  readonly rank: 0 | 1 | 2
  /** Characters that are given: of two globs the one with more is the more special. */
  readonly literals: number
  matches(name: string): boolean
  /** Something it matches, and no pattern that is not more general or equal to it needs to. */
  readonly example: string
}

/** Every name. */
export const EVERY_NAME: NamePattern = { rank: 0, literals: 0, matches: () => true, example: '' }

/** In a glob `*` stands for any run of characters, dots included. Undefined where the text is no pattern. */
export function namePattern(text: string): NamePattern | undefined {
  if (text === '*') return EVERY_NAME
  if (!text.includes('*')) {
    if (!isName(text)) return undefined
    return { rank: 2, literals: text.length, matches: (name) => name === text, example: text }
  }
  const literal = text.replaceAll('*', '')
  if (/[>#/\s]/.test(literal) || literal === '') return undefined
  const pieces = text.split('*')
  return { rank: 1, literals: literal.length, matches: (name) => matchesGlob(pieces, name), example: literal }
}

/** `pieces` are what stands between the stars: the first and the last at the ends, the others in order between them. */
function matchesGlob(pieces: readonly string[], name: string): boolean {
  const first = pieces[0] ?? ''
  const last = pieces.at(-1) ?? ''
  const end = name.length - last.length
  if (!name.startsWith(first) || !name.endsWith(last)) return false
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return at <= end
}
