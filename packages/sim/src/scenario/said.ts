/** How errors of a scenario speak of words they do not know. */
import type { ConfigError } from '@seakeep/core'
import { didYouMean, type Place } from '@seakeep/core/spi'

/** Lists longer than this are cut: a topology may have a thousand services. */
const SHOWN = 12

/** `unknown key; allowed: a, b, c; did you mean b?` */
export function unknownWord(at: Place, problem: string, word: string, known: readonly string[]): ConfigError {
  return at.error(`${problem}; allowed: ${listed(known)}${didYouMean(word, known)}`)
}

/** `1 service`, `2 services`. */
export function counted(count: number, one: string, several: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`
}

/** The words one after another, the end of a long list as a number. */
export function listed(words: readonly string[]): string {
  if (words.length === 0) return 'none'
  const more = words.length - SHOWN
  return more <= 1 ? words.join(', ') : `${words.slice(0, SHOWN).join(', ')} and ${more} more`
}
