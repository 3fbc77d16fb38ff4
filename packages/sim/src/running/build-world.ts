import { hashText, mix, type RuntimeParts } from '@seakeep/core/spi'
import { scheduleFaults } from '../faults/schedule-faults.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Ambience } from '../model/ambience.ts'
import { Network } from '../model/network.ts'
import { Uplinks } from '../model/uplinks.ts'
import { VirtualBoard } from '../model/virtual-board.ts'
import { VirtualHost } from '../model/virtual-host.ts'
import { VirtualRegistry } from '../model/virtual-registry.ts'
import { World } from '../model/world.ts'
import { Recorder } from '../recording/recorder.ts'
import type { ResolvedScenario, ResolvedWorkload } from '../scenario/resolved-scenario.ts'
import { versionsOf } from '../scenario/resolving/versions-of.ts'
import { type Caller, CallerPool } from '../workload/caller-pool.ts'
import { ClosedWorkload } from '../workload/closed-workload.ts'
import { OpenWorkload } from '../workload/open-workload.ts'
import { Autoscaler } from './autoscaler.ts'
import { dealt, LivingFleet } from './fleet.ts'
import { judgedByMs } from './judged-by.ts'
import { beginLife } from './life.ts'
import { limitReader } from './limit-reader.ts'

/** Builds everything a scenario names and sets it going at t = 0: instances are there and known, then the load begins. */
export function buildWorld(
  scenario: ResolvedScenario,
  kernel: Kernel,
  ambience: Ambience,
  parts: Partial<RuntimeParts> = {},
  options: { readonly inDetail?: boolean } = {},
): World {
  const seed = foldSeed(scenario.seed)
  const recorder = new Recorder(scenario, kernel, options)
  const registry = new VirtualRegistry(kernel, {
    witness: {
      onExpired: ({ id, service }) =>
        recorder.log.add({ atMs: kernel.nowUs / 1000, type: 'instanceExpired', service, endpoint: id }),
    },
    ...scenario.registry,
  })
  const uplinks = new Uplinks(scenario.faults.some(({ kind }) => kind === 'partition'))
  const network = new Network(kernel, scenario.network.latency, scenario.network, uplinks)
  const world = new World(
    scenario,
    kernel,
    recorder,
    network,
    registry,
    new VirtualBoard(kernel, network),
    ambience,
    believing(scenario, parts),
  )
  if (recorder.detail !== undefined) recorder.detail.readLimits = limitReader(world)
  const fleet = new LivingFleet(world, seed)
  for (const service of scenario.services) {
    for (const version of versionsOf(service)) {
      for (let i = 0; i < version.replicas; i++) fleet.create(service, version)
    }
  }
  scheduleFaults(world, fleet)
  for (const service of scenario.services) {
    if (service.autoscale !== undefined) new Autoscaler(world, service, service.autoscale, fleet).start()
  }
  for (const workload of scenario.workloads) startWorkload(world, workload, seed)
  return world
}

/** What all clients of the registry believe of it, where the scenario speaks of its registry. */
function believing({ registry }: ResolvedScenario, parts: Partial<RuntimeParts>): Partial<RuntimeParts> {
  if (registry === undefined) return parts
  const { maxDropped, dropGraceMs, lapseGraceMs } = registry
  return { ...parts, discovery: { maxDropped, dropGraceMs, lapseGraceMs, snapshots: undefined } }
}

function startWorkload(world: World, workload: ResolvedWorkload, seed: number): void {
  const { id, callerName, callers: count, zones, arrivals } = workload
  const record = world.recorder.workloads.get(id)
  if (record === undefined) throw new Error(`no workload ${id} is recorded`)
  record.judgedByMs = judgedByMs(workload, world.scenario)
  const callers = Array.from({ length: count }, (_, i): Caller => {
    const zone = dealt(zones, i + 1)
    const host = new VirtualHost(`${id}/${callerName}#${i + 1}`, callerName, world.kernel, seed, { zone })
    world.addHost(host)
    return { host, runtime: beginLife(world, host).runtime }
  })
  const pool = new CallerPool(world, workload, callers, record)
  const load =
    arrivals.kind === 'closed'
      ? new ClosedWorkload(pool, arrivals.users, arrivals.thinkTime, seed)
      : new OpenWorkload(pool, seed)
  world.addLoad(id, load)
  load.start()
}

/** A seed of up to 53 bits as the 32 bits from which chance is derived. */
function foldSeed(seed: number): number {
  return mix(seed >>> 0, hashText(String(seed)))
}
