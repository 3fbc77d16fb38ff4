/**
 * The helpers that name a scenario's parts. They return what they are given: their worth is that the compiler checks it,
 * so that `'5sec'` or `replica: 3` does not compile.
 */
import type { IsotopeData, ScenarioData, ServiceData } from './scenario-data.ts'

/** The default export of a `*.sim.ts`. */
export function defineScenario(scenario: ScenarioData): ScenarioData {
  return scenario
}

/** One service of the topology. */
export function service(options: ServiceData): ServiceData {
  return options
}

/**
 * A topology from a service graph of isotope's format. `path` is relative to the scenario's file. A scenario that has
 * no `workload` of its own gets 100 calls a second (Poisson) over the graph's entry points.
 */
export function fromIsotope(path: string): IsotopeData {
  return { isotope: path }
}
