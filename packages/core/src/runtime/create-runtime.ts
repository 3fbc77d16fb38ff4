import { Container, type ContainerModule, type ServiceIdentifier } from 'inversify'
import { PolicyDocument, parsePolicyDocument } from '../config/policy-document.ts'
import { DISCOVERY_OPTIONS, type DiscoveryOptions } from '../discovery/discovery-options.ts'
import { NodeSnapshotStore } from '../discovery/node-snapshot-store.ts'
import { optional, scalar } from '../options/field.ts'
import { rootPlace } from '../options/place.ts'
import { type FieldsOf, objectOf, record } from '../options/record.ts'
import { name } from '../options/words.ts'
import { systemRandom } from '../random/system-random.ts'
import { realClock } from '../time/real-clock.ts'
import { assembleRuntime } from './assemble-runtime.ts'
import { boundParts, loadModules, MODULES } from './module-parts.ts'
import { NodeLoadMonitor } from './node-load-monitor.ts'
import { readPolicyFile } from './node-policy-file.ts'
import { processSignals } from './node-process-signals.ts'
import { processWarnings } from './node-warnings.ts'
import type { Runtime } from './runtime.ts'
import { type AdapterPorts, Tokens } from './tokens.ts'

export interface CreateRuntimeOptions {
  /** The service this process is an instance of. */
  readonly service: string
  /** Where this process runs: balancing prefers endpoints of its own zone. None by default. */
  readonly zone?: string
  /** The path of a policy document (YAML or JSON), or the document itself. None: one bare attempt, round-robin. */
  readonly policies?: string | object
  /** How far registries are believed, and where last good lists are kept. */
  readonly discovery?: DiscoveryOptions
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
  modules: MODULES,
} satisfies FieldsOf<CreateRuntimeOptions>)

/**
 * Makes a runtime on the process's real ports. The container serves only to let modules add and replace; it is asked
 * once, here, and no call ever sees it.
 */
export async function createRuntime(options: CreateRuntimeOptions): Promise<Runtime> {
  const { service, zone, policies, discovery, modules } = OPTIONS.resolve(options, rootPlace(''))
  const container = new Container({ defaultScope: 'Singleton' })
  container.bind(Tokens.clock).toConstantValue(realClock())
  container.bind(Tokens.random).toConstantValue(systemRandom)
  container.bind(Tokens.events).toConstantValue(processWarnings())
  container.bind(Tokens.load).toConstantValue(new NodeLoadMonitor())
  container.bind(Tokens.signals).toConstantValue(processSignals)
  await loadModules(container, modules)

  const adapterPorts: AdapterPorts = {
    clock: container.get(Tokens.clock),
    random: container.get(Tokens.random),
    events: container.get(Tokens.events),
  }
  const all = <T>(name: ServiceIdentifier<(ports: AdapterPorts) => T>): T[] =>
    container.isBound(name) ? container.getAll(name).map((create) => create(adapterPorts)) : []
  return assembleRuntime(
    { service, zone, policies: await documentOf(policies) },
    {
      ...adapterPorts,
      transports: all(Tokens.transport),
      registries: all(Tokens.registry),
      snapshots:
        discovery.snapshots === undefined ? undefined : new NodeSnapshotStore(discovery.snapshots, adapterPorts),
      board: container.isBound(Tokens.board) ? container.get(Tokens.board)(adapterPorts) : undefined,
      servers: all(Tokens.server),
      load: container.get(Tokens.load),
      signals: container.get(Tokens.signals),
    },
    { ...boundParts(container), discovery },
  )
}

async function documentOf(policies: string | object | undefined): Promise<PolicyDocument | undefined> {
  if (policies === undefined || policies instanceof PolicyDocument) return policies
  return typeof policies === 'string' ? readPolicyFile(policies) : parsePolicyDocument(policies)
}
