import { Container, type ContainerModule, type ServiceIdentifier } from 'inversify'
import { parsePolicyText } from '../config/parse-text.ts'
import { PolicyDocument, parsePolicyDocument } from '../config/policy-document.ts'
import type { FirstWord, PolicyFollower, PolicyOrigin } from '../config/policy-follower.ts'
import { DISCOVERY_OPTIONS, type DiscoveryOptions } from '../discovery/discovery-options.ts'
import { NodeSnapshotStore } from '../discovery/node-snapshot-store.ts'
import { optional, scalar } from '../options/field.ts'
import { rootPlace } from '../options/place.ts'
import { type FieldsOf, objectOf, record } from '../options/record.ts'
import { name } from '../options/words.ts'
import { systemRandom } from '../random/system-random.ts'
import { requestScope } from '../serving/node-request-scope.ts'
import { EventStream } from '../telemetry/event-stream.ts'
import { after } from '../time/clock.ts'
import { realClock } from '../time/real-clock.ts'
import { assembleRuntime } from './assemble-runtime.ts'
import { EXPLAIN_LAYER, type ExplainOptions } from './explain-options.ts'
import { boundParts, loadModules, MODULES } from './module-parts.ts'
import { NodeLoadMonitor } from './node-load-monitor.ts'
import { PolicyFile, readPolicyText } from './node-policy-file.ts'
import { processSignals } from './node-process-signals.ts'
import { processWarnings } from './node-warnings.ts'
import type { Runtime } from './runtime.ts'
import { type AdapterPorts, Tokens } from './tokens.ts'

export interface CreateRuntimeOptions {
  /** The service this process is an instance of. */
  readonly service: string
  /** Where this process runs: balancing prefers endpoints of its own zone. None by default. */
  readonly zone?: string
  /**
   * The path of a policy document (YAML or JSON), which is followed as it changes, or the document itself, which does not
   * change. Beside a module that brings a policy source it is what governs until the source has spoken, and when it never
   * does. None, and no source: one bare attempt, round-robin.
   */
  readonly policies?: string | object
  /** How far registries are believed, and where last good lists are kept. */
  readonly discovery?: DiscoveryOptions
  /** Which calls `rt.explain` can explain: a share of them, drawn at random. Default none; `true` is 1 %. */
  readonly explain?: ExplainOptions | boolean
  /** Inversify container modules: transports, registries, or ports and parts of one's own. Later ones win. */
  readonly modules?: readonly ContainerModule[]
}

/** Checked like all options: a runtime whose `policies` were misspelt would govern nothing, and nobody would notice. */
const OPTIONS = record({
  service: name(),
  zone: optional(name()),
  policies: optional(
    scalar({
      suffix: '',
      expected: 'the path of a policy document, or the document itself',
      read: (input) =>
        typeof input === 'string' || objectOf(input) !== undefined ? (input as string | object) : undefined,
      schema: {},
    }),
  ),
  discovery: DISCOVERY_OPTIONS,
  explain: EXPLAIN_LAYER,
  modules: MODULES,
} satisfies FieldsOf<CreateRuntimeOptions>)

/** How long the first word of a policy source is waited for, where nothing else governs meanwhile. */
const FIRST_WORD_MS = 5000

/**
 * Makes a runtime on the process's real ports. The container serves only to let modules add and replace; it is asked
 * once, here, and no call ever sees it.
 *
 * Rejects with a ConfigError where the document is missing or not valid. Where the only document there is comes from a
 * module's policy source, its first word is waited for, at most 5 s: a document that is not valid rejects too, as nobody
 * should run ungoverned without noticing. A source that holds none, or cannot be reached, does not keep a process from
 * starting: it runs as if it had no document, says so in events, and is governed as soon as there is one.
 */
export async function createRuntime(options: CreateRuntimeOptions): Promise<Runtime> {
  const { service, zone, policies, discovery, explain, modules } = OPTIONS.resolve(options, rootPlace(''))
  const container = new Container({ defaultScope: 'Singleton' })
  container.bind(Tokens.clock).toConstantValue(realClock())
  container.bind(Tokens.random).toConstantValue(systemRandom)
  container.bind(Tokens.events).toConstantValue(processWarnings())
  container.bind(Tokens.load).toConstantValue(new NodeLoadMonitor())
  container.bind(Tokens.signals).toConstantValue(processSignals)
  container.bind(Tokens.requests).toConstantValue(requestScope)
  await loadModules(container, modules)

  const adapterPorts: AdapterPorts = {
    clock: container.get(Tokens.clock),
    random: container.get(Tokens.random),
    // What a registry says of itself belongs to the events of its runtime.
    events: new EventStream(container.get(Tokens.events)),
    requests: container.get(Tokens.requests),
  }
  const all = <T>(name: ServiceIdentifier<(ports: AdapterPorts) => T>): T[] =>
    container.isBound(name) ? container.getAll(name).map((create) => create(adapterPorts)) : []
  const local = await localPolicies(policies)
  const createSource = container.isBound(Tokens.policySource) ? container.getAll(Tokens.policySource).at(-1) : undefined
  const source = createSource?.(adapterPorts)
  const runtime = assembleRuntime(
    { service, zone, policies: local?.document, policiesFrom: local?.origin },
    {
      ...adapterPorts,
      transports: all(Tokens.transport),
      registries: all(Tokens.registry),
      snapshots:
        discovery.snapshots === undefined ? undefined : new NodeSnapshotStore(discovery.snapshots, adapterPorts),
      board: container.isBound(Tokens.board) ? container.get(Tokens.board)(adapterPorts) : undefined,
      servers: all(Tokens.server),
      edges: all(Tokens.edge),
      load: container.get(Tokens.load),
      signals: container.get(Tokens.signals),
    },
    { ...boundParts(container), discovery, explain },
  )
  if (source !== undefined) {
    const follower = runtime.follow(source)
    if (local === undefined) await firstDocument(follower, runtime, adapterPorts)
  } else if (local?.origin !== undefined) runtime.follow(new PolicyFile(local.origin.source, adapterPorts.clock))
  return runtime
}

interface LocalPolicies {
  readonly document: PolicyDocument
  /** The file it stands in. */
  readonly origin?: PolicyOrigin
}

async function localPolicies(policies: string | object | undefined): Promise<LocalPolicies | undefined> {
  if (policies === undefined) return undefined
  if (policies instanceof PolicyDocument) return { document: policies }
  if (typeof policies !== 'string') return { document: parsePolicyDocument(policies) }
  const { text, revision } = await readPolicyText(policies)
  return { document: parsePolicyText(text, policies), origin: { source: policies, revision } }
}

/** Waits for the source's first word. Rejects, and closes the runtime, where that is a document that is not valid. */
async function firstDocument(follower: PolicyFollower, runtime: Runtime, { clock }: AdapterPorts): Promise<void> {
  const word = await new Promise<FirstWord | undefined>((resolve) => {
    const timer = after(clock, FIRST_WORD_MS, () => resolve(undefined))
    follower.onFirstWord((said) => {
      timer.cancel()
      resolve(said)
    })
  })
  if (word === undefined) follower.error(new Error(`no word in ${FIRST_WORD_MS} ms`))
  if (!(word instanceof Error)) return
  await runtime.close()
  throw word
}
