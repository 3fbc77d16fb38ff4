/** For importers: foreign names that break our rules (`isName`) are changed, and the change is told. */
import { isName } from '@seakeep/core/spi'

/** The nearest name that keeps the rules and is not taken. */
export function usableName(wanted: string, taken: ReadonlySet<string>): string {
  const kept = wanted.replace(/[>#/*\s]+/g, '-').replace(/^-+|-+$/g, '')
  const base = isName(kept) ? kept : isName(`s${kept}`) && kept !== '' ? `s${kept}` : 'service'
  if (!taken.has(base)) return base
  let n = 2
  while (taken.has(`${base}-${n}`)) n++
  return `${base}-${n}`
}
