/** How well a service is, by the share of calls to it that were not answered well: a colour, and the same as a word and a sign. */
import type { RunDetail } from './detail.ts'
import { added } from './series.ts'

export type Health = 'good' | 'warn' | 'bad' | 'idle'

export const SIGNS: Readonly<Record<Health, string>> = { good: '✓', warn: '!', bad: '✗', idle: '·' }
export const WORDS: Readonly<Record<Health, string>> = { good: 'well', warn: 'failing', bad: 'broken', idle: 'idle' }

/** Above 0.5 % of calls is worth a look, above 10 % is broken. */
export function healthOf(bad: number, calls: number): Health {
  if (calls === 0) return 'idle'
  const share = bad / calls
  return share > 0.1 ? 'bad' : share > 0.005 ? 'warn' : 'good'
}

export interface Traffic {
  readonly calls: readonly number[]
  readonly bad: readonly number[]
}

/** Calls to each service over all who call it. */
export function trafficByService(detail: RunDetail): Map<string, Traffic> {
  const into = new Map<string, Traffic[]>()
  for (const [name, edge] of Object.entries(detail.edges)) {
    const to = name.slice(name.indexOf('>') + 1)
    into.set(to, [...(into.get(to) ?? []), edge])
  }
  return new Map(
    Object.keys(detail.services).map((name) => {
      const edges = into.get(name) ?? []
      return [name, { calls: added(edges.map((one) => one.calls)), bad: added(edges.map((one) => one.bad)) }]
    }),
  )
}
