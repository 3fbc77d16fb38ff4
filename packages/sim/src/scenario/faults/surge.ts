/** What a surge may say, and whose calls it multiplies: of one workload, or all that workloads make to one service. */
import {
  didYouMean,
  duration,
  type FieldsOf,
  number,
  optional,
  type Place,
  printed,
  type RecordField,
  record,
  text,
} from '@seakeep/core/spi'
import type { ResolvedWorkload, SurgedLoad } from '../resolved-scenario.ts'
import { listed } from '../said.ts'
import type { SurgeData } from '../scenario-data.ts'

export const SURGE: RecordField<Surge> = record({
  target: text(),
  for: optional(duration()),
  factor: number({ min: 0, max: 1e6 }),
} satisfies FieldsOf<SurgeData & { readonly target: string }>)

interface Surge {
  readonly target: string
  readonly forMs: number | undefined
  readonly factor: number
}

/** A service goes before a workload of its name, whose calls are then the same. */
export function surgedLoads(target: string, at: Place, workloads: readonly ResolvedWorkload[]): readonly SurgedLoad[] {
  const called = workloads.flatMap(({ id, to }): SurgedLoad[] => {
    const isCalled = to.some(({ service }) => service === target)
    const isOnly = to.every(({ service }) => service === target)
    return isCalled ? [{ workload: id, service: isOnly ? undefined : target }] : []
  })
  if (called.length > 0) return called
  if (workloads.some(({ id }) => id === target)) return [{ workload: target, service: undefined }]
  const known = [...new Set(workloads.flatMap(({ id, to }) => [...to.map(({ service }) => service), id]))]
  const expected = `a surge strikes a workload, or a service that one calls: ${listed(known)}`
  throw at.error(`${printed(target)} is called by no workload; ${expected}${didYouMean(target, known)}`)
}
