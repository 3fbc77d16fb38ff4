/**
 * The helpers that name a scenario's parts. They return what they are given: their worth is that the compiler checks it,
 * so that `'5sec'` or `replica: 3` does not compile.
 */
import type {
  IsotopeData,
  JaegerData,
  JaegerDependenciesData,
  OtlpData,
  ScenarioData,
  ServiceData,
} from './scenario-data.ts'

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

/**
 * A topology from traces as Jaeger exports them: services, calls, service times, errors and the network's latency are
 * fitted to the spans. `path` is relative to the scenario's file. A scenario that has no `workload` of its own gets 100
 * calls a second (Poisson) over the operations that nobody in the file calls, one that has no `network` the fitted one.
 */
export function fromJaeger(path: string): JaegerData {
  return { jaeger: path }
}

/**
 * A topology from traces of OpenTelemetry in JSON (`resourceSpans`), fitted as those of {@link fromJaeger}. `path` is
 * relative to the scenario's file.
 */
export function fromOtlp(path: string): OtlpData {
  return { otlp: path }
}

/**
 * A topology from a Jaeger dependency graph, `[{ parent, child, callCount }]`, also under `data`. `path` is relative to the
 * scenario's file. The graph knows no times: work, replicas and order of calls are guesses. A scenario that has no
 * `workload` of its own gets 100 calls a second (Poisson) where load enters the graph; one that has needs a `maxDepth`
 * where calls go in circles.
 */
export function fromJaegerDependencies(path: string): JaegerDependenciesData {
  return { jaegerDependencies: path }
}
