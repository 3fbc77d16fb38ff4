/** The call graph of a scenario or a bare topology, as lints take it. */
import type { CallGraph, KindOfCall } from '@seakeep/core/spi'
import { loadScenario, resolveLoaded } from '../scenario/node-load-scenario.ts'
import type { ResolvedStep } from '../scenario/resolved-scenario.ts'
import type { CheckedScenario } from '../scenario/resolving/resolve-scenario.ts'

export interface ReadTopology {
  readonly graph: CallGraph
  /** What the reader of the scenario has to say of it. */
  readonly warnings: readonly string[]
}

/** Throws as `seakeep run` does. The scenario's own policies do not count. */
export async function readTopology(file: string, cwd: string): Promise<ReadTopology> {
  const scenario = resolveLoaded(await loadScenario(file, cwd), { policies: null })
  return { graph: graphOf(scenario), warnings: scenario.warnings }
}

/** What real handlers call is only known when they run: then the graph is not whole. */
export function graphOf({ services, workloads }: Pick<CheckedScenario, 'services' | 'workloads'>): CallGraph {
  const calls = new Map<string, KindOfCall>()
  const add = (from: string, to: string, method: string | undefined): void => {
    calls.set(`${from}>${to}/${method ?? ''}`, { from, to, method })
  }
  for (const { callerName, to } of workloads) for (const { service, method } of to) add(callerName, service, method)
  for (const { name, operations, versions } of services) {
    for (const answers of [operations, ...versions.map((version) => version.operations)]) {
      for (const { steps } of answers.values()) {
        for (const { service, method } of callsIn(steps)) add(name, service, method)
      }
    }
  }
  return { calls: [...calls.values()], isWhole: services.every(({ app }) => app === undefined) }
}

function callsIn(steps: readonly ResolvedStep[]): readonly Extract<ResolvedStep, { readonly kind: 'call' }>[] {
  return steps.flatMap((step) => (step.kind === 'call' ? [step] : step.kind === 'parallel' ? callsIn(step.steps) : []))
}
