/**
 * Delta debugging (Zeller and Hildebrandt 2002, ddmin): the smallest part of a list that still shows something, in the
 * sense that no single item of it can be left out. Tried are first nothing at all, then ever smaller parts, then what is
 * left without them.
 */

/** Which of the candidates shows it, the first in order; undefined for none. May stop by throwing. */
export type FirstOf<T> = (candidates: readonly (readonly T[])[]) => Promise<readonly T[] | undefined>

export async function minimise<T>(items: readonly T[], firstOf: FirstOf<T>): Promise<readonly T[]> {
  if (items.length === 0) return items
  if ((await firstOf([[]])) !== undefined) return []
  let left = items
  let parts = Math.min(2, left.length)
  while (left.length > 1) {
    const pieces = split(left, parts)
    const piece = await firstOf(pieces)
    if (piece !== undefined) {
      left = piece
      parts = Math.min(2, left.length)
      continue
    }
    const whole = left
    const rests = parts > 2 ? pieces.map((one) => whole.filter((item) => !one.includes(item))) : []
    const rest = await firstOf(rests)
    if (rest !== undefined) {
      left = rest
      parts = Math.min(Math.max(2, parts - 1), left.length)
      continue
    }
    if (parts >= left.length) return left
    parts = Math.min(left.length, 2 * parts)
  }
  return left
}

function split<T>(items: readonly T[], parts: number): readonly (readonly T[])[] {
  return Array.from({ length: parts }, (_, i) =>
    items.slice(Math.floor((i * items.length) / parts), Math.floor(((i + 1) * items.length) / parts)),
  )
}
