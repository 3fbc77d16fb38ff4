/**
 * Decides which of two calls goes first when not both can: by the rank of their priority. The order lists classes from
 * the first to be given up to the last; what is not listed (`critical`) ranks above all of them and is never shed. A
 * call that names no priority is `default`.
 */

import { listOf } from '../options/collections.ts'
import type { Field } from '../options/field.ts'
import { optional, refined } from '../options/field.ts'
import { text } from '../options/words.ts'

export const DEFAULT_ORDER: readonly string[] = Object.freeze(['sheddable', 'default'])

/** The field `order` of whatever gives up calls by priority. */
export function orderField(): Field<readonly string[] | undefined, ''> {
  const words = listOf(text(), {
    min: 1,
    about: 'Priorities from the first to be given up to the last; by default sheddable, default. Others rank above',
  })
  return optional(
    refined(words, (order, at) => {
      const twice = order.find((word, i) => order.indexOf(word) !== i)
      if (twice !== undefined) throw at.error(`${twice} is listed twice`)
      return order
    }),
  )
}

export class PriorityOrder {
  readonly #ranks: ReadonlyMap<string, number>
  /** How many ranks there are: one for each class listed, one for all others. */
  readonly size: number
  readonly #unnamed: number

  constructor(order: readonly string[]) {
    this.#ranks = new Map(order.map((word, i) => [word, i]))
    this.size = order.length + 1
    this.#unnamed = this.#ranks.get('default') ?? order.length
  }

  /** From 0, the first to be given up, to `size - 1`. */
  rank(priority: string | undefined): number {
    return priority === undefined ? this.#unnamed : (this.#ranks.get(priority) ?? this.size - 1)
  }
}
