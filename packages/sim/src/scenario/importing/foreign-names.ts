/** Names of services in somebody else's file, and what they are called here. */
import { isName, printed } from '@seakeep/core/spi'
import { usableName } from '../names.ts'

export interface ForeignNames {
  /** From theirs to ours. */
  readonly ours: ReadonlyMap<string, string>
  /** What was renamed, as sentences. */
  readonly warnings: readonly string[]
}

export function foreignNames(theirs: Iterable<string>, file: string): ForeignNames {
  const names = new Set(theirs)
  const taken = new Set([...names].filter(isName))
  const warnings: string[] = []
  const ours = new Map<string, string>()
  for (const name of names) {
    if (isName(name)) {
      ours.set(name, name)
      continue
    }
    const renamed = usableName(name, taken)
    taken.add(renamed)
    ours.set(name, renamed)
    warnings.push(`${file}: service ${printed(name)} is called ${renamed} here`)
  }
  return { ours, warnings }
}
