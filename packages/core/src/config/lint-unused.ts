/** What is written and governs nothing. */
import { didYouMean } from '../options/suggest.ts'
import type { DocumentRule } from './lint-rule.ts'
import type { Target } from './policy-selection.ts'
import type { TargetKey } from './target-key.ts'

/** `standard` is also what code asks for by name. */
export const unusedPolicy: DocumentRule = ({ written }) => {
  const { named, selection } = written
  const used = new Set(['standard'])
  const use = (name: string | undefined): void => {
    for (let at = name; at !== undefined && !used.has(at); at = named.all.get(at)?.parent) used.add(at)
  }
  use(named.all.get('standard')?.parent)
  for (const target of selection.targets) use(target.used)
  return [...named.all]
    .filter(([name]) => !used.has(name))
    .map(([name, { place }]) => ({
      rule: 'unused-policy',
      level: 'warning',
      place,
      problem: `no target uses policy ${name}; write use: ${name} in one, or take it out`,
      targets: [],
    }))
}

/** Two keys that speak of the same calls: what the first says the second says, too, and has the last word. */
export const overriddenTarget: DocumentRule = ({ written }) => {
  const { targets } = written.selection
  return targets.flatMap((target, i) => {
    const over = targets.slice(i + 1).find((later) => sameCalls(target.key) === sameCalls(later.key))
    if (over === undefined || !saysAll(over, target)) return []
    const problem = `"${target.key.text}" says nothing that "${over.key.text}" does not say again, of the same calls; keep one`
    return [{ rule: 'overridden-target', level: 'warning', place: target.place, problem, targets: [target.key.text] }]
  })
}

/** Names that the topology has not, and calls that nobody in it makes. */
export const unmatchedTarget: DocumentRule = ({ written }, graph, isGiven) => {
  if (!isGiven) return []
  const parties = new Set(graph.calls.flatMap(({ from, to }) => [from, to]))
  return written.selection.targets.flatMap(({ key, place }) => {
    const { caller, service, text } = key
    const stranger = [caller, service].find((name) => name.rank === 2 && !parties.has(name.example))
    const finding = (problem: string) => [
      { rule: 'unmatched-target' as const, level: 'warning' as const, place, problem, targets: [text] },
    ]
    if (stranger !== undefined && graph.isWhole) {
      const near = didYouMean(stranger.example, parties)
      return finding(`"${text}" governs nothing here: the topology has no calls of or to ${stranger.example}${near}`)
    }
    const isCalled = graph.calls.some(({ from, to }) => caller.matches(from) && service.matches(to))
    return isCalled || !graph.isWhole ? [] : finding(`"${text}" governs nothing here: nobody in the topology calls so`)
  })
}

/** Equal for keys that match the same calls, however they spell it. */
function sameCalls({ text, method }: TargetKey): string {
  const slash = text.indexOf('/')
  const edge = slash === -1 ? text : text.slice(0, slash)
  const path = slash === -1 ? '' : text.slice(slash + 1)
  const whole = method === undefined ? '' : path.replaceAll(/(?<=\/):[^/]*/g, '*')
  return `${edge.includes('>') ? edge : `*>${edge}`}/${whole}`
}

function saysAll(over: Target, target: Target): boolean {
  const said = new Set(over.written.flatMap(({ layers }) => leaves(layers)))
  return target.written.flatMap(({ layers }) => leaves(layers)).every((path) => isSaid(path, said))
}

/** By itself, or by what takes the whole of it off. */
function isSaid(path: string, said: ReadonlySet<string>): boolean {
  const keys = path.split('.')
  return keys.some((_, i) => said.has(keys.slice(0, i + 1).join('.')))
}

function leaves(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path]
  return Object.entries(value).flatMap(([key, part]) => leaves(part, `${path}.${key}`))
}
