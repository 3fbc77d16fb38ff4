// `pnpm validation registries --scale [--only etcd] [--json FILE]`: 1,000 services of 10 instances each on one real server
// with the limits it has by default, all with leases and heartbeats; and a client that watches 10, 200 and all of them.
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { findServer, startEtcd } from '../../../../tools/real-servers/index.ts'
import { startConsulFarm } from './consul-farm.ts'
import type { RegistryName } from './fault.ts'
import { Program } from './program.ts'
import { addedId, type ClientReport, type Farm, type FleetReport, type ScalePlan, serviceName } from './scale-plan.ts'
import { until } from './waiting.ts'

/** A row of `--json`. Times in milliseconds. */
export interface ScaleRow {
  readonly registry: RegistryName
  readonly watched: number
  readonly registrations: number
  /** Answered ones. */
  readonly heartbeatsPerSecond: number
  /** Registrations that were lost or refused while it was measured. */
  readonly registrationsLost: number
  /** From the first question until all services are known with all of their instances. */
  readonly snapshotMs: number
  readonly snapshotCpuMsPerService: number
  /** From the registry's answer to a registration until the client's list has it, of 40 changes. */
  readonly staleP50Ms: number
  readonly staleMaxMs: number
  /** Of the client's process, of one core, while nothing changes. */
  readonly quietCpuPercent: number
  /** Of the client's heap. */
  readonly heapKiBPerService: number
}

const SERVICES = 1000
const INSTANCES = 10
const WATCHED = [10, 200, 1000]
const CHANGES = 40
const APART_MS = 100
/** Of 500 instances each: what an agent does at a registration grows with those it has. */
const CONSUL_AGENTS = 20
/**
 * Longer than the default of 15 s, as one process beats for ten thousand: that takes about half a millisecond each here, and
 * a Consul agent a whole one. Heartbeats come at a third.
 */
const LEASES = { consul: 180_000, etcd: 60_000 }
/** Clients of the one etcd that hold the registrations. */
const ETCD_CLIENTS = 3
const REGISTRIES: readonly RegistryName[] = ['consul', 'etcd']

/** Answers with the exit code: 1 where a change was not seen within 20 s, or a registration was lost. */
export async function measureScale(only: string, json: string | undefined): Promise<number> {
  const chosen = REGISTRIES.filter((registry) => registry.startsWith(only))
  const rows: ScaleRow[] = []
  let isGood = chosen.length > 0
  console.log(HEAD)
  for (const registry of chosen) {
    const found = await findServer(registry)
    if ('missing' in found) {
      console.error(found.missing)
      return 2
    }
    try {
      for await (const row of rowsOf(registry)) {
        rows.push(row)
        console.log(line(row))
        if (row.registrationsLost > 0) isGood = false
      }
    } catch (error) {
      console.error(error)
      isGood = false
    }
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`)
  }
  return isGood ? 0 : 1
}

async function* rowsOf(registry: RegistryName): AsyncGenerator<ScaleRow> {
  await using farm = await (registry === 'consul' ? startConsulFarm(CONSUL_AGENTS) : startEtcdFarm())
  const { address, agents } = farm
  const plan = { registry, address, agents, leaseMs: LEASES[registry], services: SERVICES, instances: INSTANCES }
  using fleet = new Program<FleetReport>('scale-fleet.ts', { ...plan, watched: 0 } satisfies ScalePlan)
  console.error(`… ${registry}: ${SERVICES * INSTANCES} registrations`)
  const { tookMs } = await fleet.report('registered')
  console.error(`… ${registry}: registered within ${(tookMs / 1000).toFixed(1)} s`)
  for (const watched of WATCHED) {
    using client = new Program<ClientReport>('scale-client.ts', { ...plan, watched } satisfies ScalePlan)
    const known = await client.report('known')
    const from = fleet.of('second').length
    const quiet = await client.report('quiet')
    const seconds = fleet.of('second').slice(from)
    const changes = Math.min(CHANGES, watched)
    const stale = await Promise.all(
      Array.from({ length: changes }, async (_, change) => {
        await sleep(change * APART_MS)
        const service = serviceName(Math.floor((change * watched) / changes))
        return staleness(fleet, client, service, addedId(service, watched))
      }),
    )
    stale.sort((a, b) => a - b)
    yield {
      ...{ registry, watched, registrations: SERVICES * INSTANCES },
      heartbeatsPerSecond: Math.round(mean(seconds.map(({ heartbeats }) => heartbeats))),
      registrationsLost: seconds.reduce((sum, { failures }) => sum + failures, 0),
      snapshotMs: Math.round(known.tookMs),
      snapshotCpuMsPerService: round(known.cpuMs / watched),
      staleP50Ms: Math.round(stale[Math.floor(stale.length / 2)]!),
      staleMaxMs: Math.round(stale.at(-1)!),
      quietCpuPercent: round(100 * quiet.cpuShare),
      heapKiBPerService: round(quiet.heapBytes / 1024 / watched),
    }
  }
}

async function startEtcdFarm(): Promise<Farm> {
  const server = await startEtcd()
  const { address } = server
  return {
    address,
    agents: Array(ETCD_CLIENTS).fill(address),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** @throws Error where the change is not seen. */
async function staleness(
  fleet: Program<FleetReport>,
  client: Program<ClientReport>,
  service: string,
  id: string,
): Promise<number> {
  fleet.send({ service, id })
  const isBoth = await until(
    () => [...fleet.of('added'), ...client.of('seen')].filter((one) => one.id === id).length > 1,
    20_000,
  )
  if (!isBoth) throw new Error(`${id} was not seen within 20 s`)
  const atMs = (reports: readonly { readonly id: string; readonly atMs: number }[]): number =>
    reports.find((one) => one.id === id)!.atMs
  return Math.max(0, atMs(client.of('seen')) - atMs(fleet.of('added')))
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length
}

function round(number: number): number {
  return Math.round(number * 100) / 100
}

const COLUMNS: readonly (readonly [keyof ScaleRow, string, string])[] = [
  ['registry', 'registry', ''],
  ['watched', 'watched', ''],
  ['heartbeatsPerSecond', 'heartbeats/s', ''],
  ['registrationsLost', 'lost', ''],
  ['snapshotMs', 'snapshot', ' ms'],
  ['snapshotCpuMsPerService', 'CPU/service', ' ms'],
  ['staleP50Ms', 'stale p50', ' ms'],
  ['staleMaxMs', 'stale max', ' ms'],
  ['quietCpuPercent', 'quiet CPU', ' %'],
  ['heapKiBPerService', 'heap/service', ' KiB'],
]
const HEAD = COLUMNS.map(([, title]) => title.padStart(13)).join('')

function line(row: ScaleRow): string {
  return COLUMNS.map(([field, , unit]) => `${row[field]}${unit}`.padStart(13)).join('')
}
