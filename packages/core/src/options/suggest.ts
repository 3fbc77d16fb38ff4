/**
 * "Did you mean": the known word nearest to an unknown one, by the number of typing slips between them (Damerau's edit
 * distance in its optimal-string-alignment form: insert, delete, replace, swap of neighbours), whatever their case.
 * A word is suggested only where at most a third of it differs; a bad guess is worse than none.
 */

/** The candidate that `word` was most likely meant to be; the first of equals; undefined where none is near. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const typed = word.toLowerCase()
  let best: string | undefined
  let bestSlips = Number.POSITIVE_INFINITY
  let containing: string | undefined
  for (const candidate of candidates) {
    const known = candidate.toLowerCase()
    const most = Math.max(1, Math.floor(Math.max(typed.length, known.length) / 3))
    const slips = Math.abs(typed.length - known.length) > most ? Number.POSITIVE_INFINITY : slipsBetween(typed, known)
    if (slips <= most && slips < Math.min(typed.length, known.length) && slips < bestSlips) {
      best = candidate
      bestSlips = slips
    }
    // `attempts` for `maxAttempts`, `retryPolicy` for `retry`
    const [short, long] = typed.length < known.length ? [typed, known] : [known, typed]
    if (short.length >= 4 && long.includes(short)) containing ??= candidate
  }
  return best ?? containing
}

/** `; did you mean x?`, to be put after a message; empty where nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const near = suggest(word, candidates)
  return near === undefined ? '' : `; did you mean ${near}?`
}

function slipsBetween(a: string, b: string): number {
  // Three rows of the distance table: a swap looks two rows back.
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let slips = Math.min(above[j]! + 1, row[j - 1]! + 1, replaced)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) slips = Math.min(slips, before[j - 2]! + 1)
      row.push(slips)
    }
    before = above
    above = row
  }
  return above[b.length]!
}
