/**
 * Turns what a user wrote into what the simulator builds a world from. Everything that can be known before the run is
 * checked here, so that a run does not end after minutes on a name that was never there: an error names the path, the
 * value and what is allowed. What is only suspicious becomes a warning.
 *
 * Defaults that the contract leaves open: a scenario runs for 60 s of virtual time without warm-up, with seed 1.
 */
import {
  didYouMean,
  duration,
  durationText,
  type Field,
  type Locate,
  listOf,
  MODULES,
  missing,
  objectOf,
  optional,
  type Place,
  printed,
  record,
  rootPlace,
  text,
} from '@seakeep/core/spi'
import { CallGraph } from '../call-graph.ts'
import { withDeployed } from '../faults/deploy.ts'
import { seed } from '../fields.ts'
import { aboutForeign, FOREIGN_KINDS, foreignKind, readForeign } from '../importing/foreign-topology.ts'
import { BARE_RATE_PER_SECOND, BARE_WARMUP_MS, ImportedTopology } from '../importing/imported-topology.ts'
import { readText } from '../node-files.ts'
import { parseData } from '../parse-data.ts'
import { REGISTRY } from '../registry-options.ts'
import type { ResolvedFault, ResolvedScenario, ResolvedWorkload } from '../resolved-scenario.ts'
import { type Setting, withSetting } from '../set-path.ts'
import { drawSwarm } from '../swarm/draw-swarm.ts'
import { networkWarnings } from './network-warnings.ts'
import { resolveFaults } from './resolve-faults.ts'
import { resolveInvariants, withInvariants } from './resolve-invariants.ts'
import { NETWORK, resolveNetwork } from './resolve-network.ts'
import { policiesAsData, resolvePolicies, unknownServices } from './resolve-policies.ts'
import { resolveProperties } from './resolve-properties.ts'
import { resolveServices } from './resolve-services.ts'
import { resolveThresholds } from './resolve-thresholds.ts'
import { resolveWorkloads } from './resolve-workloads.ts'

/** What changes a run from outside, over what its scenario says. */
export interface ScenarioOverrides {
  readonly seed?: number | undefined
  readonly durationMs?: number | undefined
  /** Calls a second of a workload that came with an imported topology. */
  readonly ratePerSecond?: number | undefined
  /** Instead of the scenario's policies: a document or its file's absolute path; `null` for none. */
  readonly policies?: unknown
  readonly settings?: readonly Setting[] | undefined
  /** Invariants beside the scenario's own: `all`, or some of them by name. */
  readonly invariants?: 'all' | readonly string[] | undefined
  /** Draws faults by the seed, also where the scenario does not say so. */
  readonly swarm?: boolean | undefined
}

export interface ResolveOptions {
  /** What paths in the scenario are relative to. Default the working directory. */
  readonly baseDir?: string | undefined
  /** What the scenario is called where it has no name. */
  readonly name?: string | undefined
  /** True for a topology without a scenario: it is run with a warm-up. */
  readonly isBare?: boolean | undefined
  readonly locate?: Locate | undefined
  readonly overrides?: ScenarioOverrides | undefined
}

/** A scenario that is ready to run, with what its user should be told about it. */
export interface CheckedScenario extends ResolvedScenario {
  readonly warnings: readonly string[]
}

const ANYTHING: Field<unknown, ''> = {
  suffix: '',
  isRequired: false,
  expected: 'anything',
  resolve: (input) => input,
  normalize: (input) => input,
  schema: () => ({}),
}

/** Of the parts that depend on each other only the names are checked here; they are resolved one after the other. */
const SCENARIO = record({
  name: optional(text()),
  notes: listOf(text()),
  duration: duration({ default: '60s', above: 0 }),
  warmup: optional(duration()),
  seed: seed(),
  network: NETWORK,
  registry: REGISTRY,
  policies: ANYTHING,
  topology: ANYTHING,
  workload: ANYTHING,
  faults: ANYTHING,
  thresholds: ANYTHING,
  properties: ANYTHING,
  invariants: ANYTHING,
  swarm: ANYTHING,
  modules: MODULES,
})

/** Throws a ConfigError for the first thing that cannot be used. */
export function resolveScenario(input: unknown, options: ResolveOptions = {}): CheckedScenario {
  const { baseDir = '', overrides = {}, isBare = false } = options
  const at = rootPlace('', options.locate)
  const prepared = prepare(input, at, baseDir, overrides)
  const { imported } = prepared
  const { data, drawn } = withSwarm(prepared.data, at, baseDir, overrides)
  const own = SCENARIO.resolve(data, at)
  const warnings: string[] = [...(imported?.warnings ?? [])]
  const warn = (warning: string): void => void warnings.push(warning)

  const warmupMs = own.warmupMs ?? (isBare ? Math.min(BARE_WARMUP_MS, own.durationMs / 2) : 0)
  if (warmupMs >= own.durationMs) {
    const problem = `${durationText(warmupMs)} is not allowed; below duration, which is ${durationText(own.durationMs)}`
    throw at.at('warmup').error(`${problem}, or nothing would be measured`)
  }
  const names = Object.keys(objectOf(own.topology) ?? {})
  const written = resolveServices(own.topology, at.at('topology'), names)
  const services = withDeployed(written, own.topology, own.faults, at.at('faults'))
  const { durationMs } = own
  const workloads = resolveWorkloads(own.workload, at.at('workload'), { names, durationMs, baseDir, warn })
  const graph = new CallGraph(services, workloads)
  refuseEndlessCircles(workloads, graph, own.workload, at.at('workload'))
  for (const { call, method, named } of graph.unnamedMethods()) {
    warn(`${call} is called, which has no entry in methods; its service's own work answers${didYouMean(method, named)}`)
  }
  const network = resolveNetwork(own.network, at.at('network'), graph)
  const faults = resolveFaults(own.faults, at.at('faults'), { services, workloads, graph, durationMs, warn })
  const known = { services, workloads, faults, graph, durationMs, warn }
  const thresholds = resolveThresholds(own.thresholds, at.at('thresholds'), known)
  const properties = resolveProperties(own.properties, at.at('properties'), known)
  const invariants = resolveInvariants(own.invariants, at.at('invariants'))
  const { policies, keys } = resolvePolicies(own.policies, at.at('policies'), baseDir)
  for (const warning of unknownServices(keys, graph.parties)) warn(warning)
  for (const warning of networkWarnings({ network, faults, services, workloads, policies })) warn(warning)
  return {
    name: own.name ?? options.name ?? 'scenario',
    durationMs,
    warmupMs,
    seed: own.seed,
    network,
    registry: own.registry,
    policies,
    services,
    workloads,
    faults,
    thresholds,
    properties,
    invariants,
    ...(drawn === 0 ? {} : { swarm: faults.slice(-drawn).map(faultText) }),
    modules: own.modules,
    warnings,
  }
}

/**
 * The scenario in data form with everything in it that it refers to: overrides, an imported topology, the policy
 * document. Throws a ConfigError where it holds code, which no data says.
 */
export function scenarioAsData(input: unknown, options: ResolveOptions = {}): Readonly<Record<string, unknown>> {
  const { baseDir = '', overrides = {} } = options
  const at = rootPlace('', options.locate)
  const { data } = withSwarm(prepare(input, at, baseDir, overrides).data, at, baseDir, overrides)
  const object = { ...(data as object) } as { [key: string]: unknown }
  object.policies = policiesAsData(object.policies, baseDir)
  if (object.policies === undefined) delete object.policies
  object.name ??= options.name
  for (const [name, service] of Object.entries(objectOf(object.topology) ?? {})) {
    if (typeof objectOf(service)?.app !== 'function') continue
    throw at.at('topology').at(name).at('app').error('is code, which cannot be written as data')
  }
  for (const [kind, all] of Object.entries(objectOf(object.properties) ?? {})) {
    const code = Array.isArray(all) ? all.findIndex((one) => typeof one !== 'string') : -1
    if (code >= 0) throw at.at('properties').at(kind).at(code).error('is code, which cannot be written as data')
  }
  if (object.modules !== undefined) throw at.at('modules').error('are code, which cannot be written as data')
  return JSON.parse(JSON.stringify(object)) as Readonly<Record<string, unknown>>
}

/** The scenario in data form with the overrides in it, and what its topology was imported from. */
function prepare(
  input: unknown,
  at: Place,
  baseDir: string,
  overrides: ScenarioOverrides,
): { readonly data: unknown; readonly imported: ImportedTopology | undefined } {
  const object = objectOf(input)
  if (object === undefined) throw at.error(`${printed(input)} is no scenario; an object with topology and workload`)
  if (object.topology === undefined)
    throw missing(at.at('topology'), 'the services, as { gateway: { replicas: 2, calls: [orders] } }')
  const { ratePerSecond, settings = [] } = overrides
  const isNarrow = saysBandwidth(object) || settings.some(({ keys }) => keys.includes('bandwidth'))
  const found = importedOf(object.topology, at.at('topology'), baseDir)
  const imported = isNarrow ? found?.withSizes() : found
  const data: { [key: string]: unknown } = { ...object }
  if (imported !== undefined) {
    data.topology = imported.topology
    data.workload ??= [imported.workload(ratePerSecond ?? BARE_RATE_PER_SECOND)]
    if (imported.latency !== undefined) data.network ??= { latency: imported.latency }
  }
  if (ratePerSecond !== undefined && (imported === undefined || object.workload !== undefined)) {
    const instead = 'set the rate of a workload with --set workload.0.poisson.rate=200'
    throw rootPlace('--rate').error(`is for topologies without a workload of their own; ${instead}`)
  }
  if (overrides.policies !== undefined) data.policies = overrides.policies ?? undefined
  let changed: unknown = data
  for (const setting of settings) {
    if (setting.keys[0] === 'policies' && setting.keys.length > 1) {
      const policies = policiesAsData((changed as { readonly policies?: unknown }).policies, baseDir)
      changed = { ...(changed as object), policies }
    }
    changed = withSetting(changed, setting)
  }
  const fixed = { seed: overrides.seed, duration: overrides.durationMs }
  const given = Object.entries(fixed).filter(([, value]) => value !== undefined)
  const whole: { [key: string]: unknown } = { ...(changed as object), ...Object.fromEntries(given) }
  if (overrides.invariants !== undefined) whole.invariants = withInvariants(whole.invariants, overrides.invariants)
  return { data: whole, imported }
}

/** The scenario with the faults that its seed draws instead of its `swarm`, and how many those are. */
function withSwarm(
  data: unknown,
  at: Place,
  baseDir: string,
  { swarm: isAsked = false }: ScenarioOverrides,
): { readonly data: unknown; readonly drawn: number } {
  const { swarm = isAsked ? {} : undefined, ...rest } = data as { readonly swarm?: unknown }
  if (swarm === undefined || swarm === false) return { data: rest, drawn: 0 }
  const own = SCENARIO.resolve(rest, at)
  const { durationMs, warmupMs = 0, seed } = own
  const names = Object.keys(objectOf(own.topology) ?? {})
  const services = resolveServices(own.topology, at.at('topology'), names)
  const workloads = resolveWorkloads(own.workload, at.at('workload'), { names, durationMs, baseDir, warn: () => {} })
  const graph = new CallGraph(services, workloads)
  const faults = drawSwarm(swarm, at.at('swarm'), { services, workloads, graph, durationMs, warmupMs, seed })
  const written = own.faults === undefined ? [] : own.faults
  if (!Array.isArray(written)) return { data: rest, drawn: 0 }
  return { data: { ...rest, faults: [...written, ...faults] }, drawn: faults.length }
}

/** `{ jaeger: 'x.json' }` is told from a service called jaeger by its being a text. */
function importedOf(topology: unknown, at: Place, baseDir: string): ImportedTopology | undefined {
  if (topology instanceof ImportedTopology) return topology
  const object = objectOf(topology)
  const kind = FOREIGN_KINDS.find((one) => typeof object?.[one] === 'string')
  if (object === undefined || kind === undefined) return undefined
  if (Object.keys(object).length > 1) throw at.error(`${kind} stands alone: the graph is in its file`)
  const { text, file } = readText(baseDir, String(object[kind]), at.at(kind).path)
  const { value, locate } = parseData(text, file)
  const found = foreignKind(value)
  if (found === undefined || found === kind) return readForeign(kind, value, file, locate)
  throw at.at(kind).error(`${file} holds ${aboutForeign(found)}; write it as { ${found}: … }`)
}

/** Is there a bandwidth anywhere, for which the sizes of an imported graph count? */
function saysBandwidth({ network, faults }: { readonly [key: string]: unknown }): boolean {
  const ways = [network, ...Object.values(objectOf(objectOf(network)?.between) ?? {})]
  const struck = Array.isArray(faults) ? faults : []
  return [...ways, ...struck].some((one) => objectOf(one)?.bandwidth !== undefined)
}

/** `slow payments ×3 at 12s until 16s` */
function faultText({ label, atMs, untilMs }: ResolvedFault): string {
  const until = Number.isFinite(untilMs) ? ` until ${durationText(untilMs)}` : ''
  return `${label} at ${durationText(atMs)}${until}`
}

function refuseEndlessCircles(
  workloads: readonly ResolvedWorkload[],
  graph: CallGraph,
  given: unknown,
  at: Place,
): void {
  workloads.forEach(({ to, maxDepth }, i) => {
    const circle = maxDepth === undefined ? graph.circleFrom(to) : undefined
    if (circle === undefined) return
    const kind = Object.keys((given as readonly object[])[i] ?? {})[0] ?? ''
    const way = circle.join(' > ')
    throw at
      .at(i)
      .at(kind)
      .at('maxDepth')
      .error(`missing; calls go in a circle, ${way}, which a maxDepth must bound, as maxDepth: 20`)
  })
}
