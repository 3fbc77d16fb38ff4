// One fault, measured: a registry, instances, and a governed client whose calls go on all the while.
import { createRuntime, type GovernanceEvent } from '@seakeep/core'
import { http } from '@seakeep/transport-http'
import { Changes } from './changes.ts'
import { startConsulSite } from './consul-site.ts'
import { startEtcdSite } from './etcd-site.ts'
import type { Bench, RegistryFault, RegistryRow } from './fault.ts'
import { Fleet, SERVICE } from './fleet.ts'
import { Load } from './load.ts'
import { quiet } from './quiet.ts'
import { until } from './waiting.ts'

const INSTANCES = 4
/** After which a change counts as never seen. */
const LOST_MS = 30_000
const CALM_MS = 500

const POLICIES = {
  version: 1,
  targets: {
    [SERVICE]: {
      timeout: '1s',
      retry: { maxAttempts: 3, attemptTimeout: '500ms', backoff: { initial: '10ms', max: '50ms' } },
      loadBalancing: 'p2c-ewma',
      outlier: { consecutiveFailures: 5, maxEjected: '50%' },
    },
  },
}

export interface MeasureOptions {
  /** Is told the client's events, and why calls failed. */
  readonly tell: (line: string) => void
}

export async function measure(fault: RegistryFault, { tell }: MeasureOptions): Promise<RegistryRow> {
  await using cleaning = new AsyncDisposableStack()
  const site = cleaning.use(await (fault.registry === 'consul' ? startConsulSite : startEtcdSite)(fault.servers))
  const fleet = cleaning.use(new Fleet(site.forInstances))
  for (let i = 0; i < INSTANCES; i++) await fleet.start()
  const modules = [quiet(), http(), site.forClient]
  const client = cleaning.use(await createRuntime({ service: 'shop', policies: POLICIES, modules }))
  const beganMs = performance.now()
  client.events$.subscribe((event) => tell(`${((performance.now() - beganMs) / 1000).toFixed(2)} s  ${told(event)}`))
  const endpoints = client.endpoints(SERVICE)
  if (!(await until(() => endpoints.value.endpoints.length === INSTANCES, LOST_MS))) {
    throw new Error(`${fault.registry} never listed the ${INSTANCES} instances`)
  }

  const changes = new Changes(fleet, endpoints)
  const listed = async (): Promise<boolean> => sameIds(await site.listed(SERVICE), fleet.living)
  const bench: Bench = {
    ...{ site, fleet, changes, sleep },
    listed: async () => void (await until(listed, LOST_MS)),
  }
  const orders = client.client(SERVICE)
  const load = new Load(() => orders.call({ method: 'GET /' }))
  await sleep(CALM_MS)
  await fault.inflict(bench)
  changes.knowable()
  const isSeen = await until(() => changes.allSeen, LOST_MS)
  // What the client has seen is one thing; the registry has to have it as well, and nobody who is gone.
  await until(listed, LOST_MS)
  const registered = await site.listed(SERVICE)
  const missing = difference(fleet.living, registered) + difference(registered, fleet.living)
  if (missing > 0) tell(`the registry lists ${registered}, and there are ${fleet.living}`)
  await sleep(CALM_MS)
  const goodput = await load.end()
  for (const [why, count] of load.errors) tell(`${count} calls failed: ${why}`)
  return {
    registry: fault.registry,
    fault: fault.fault,
    seenAfterMs: isSeen ? changes.seenAfterMs : null,
    eventsLost: changes.lost + missing,
    wrongRemovals: changes.wrongRemovals,
    goodput,
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function difference(some: readonly string[], others: readonly string[]): number {
  return some.filter((id) => !others.includes(id)).length
}

function sameIds(some: readonly string[], others: readonly string[]): boolean {
  return difference(some, others) + difference(others, some) === 0
}

function told(event: GovernanceEvent): string {
  const { type, atMs: _, ...rest } = event
  const details = Object.entries(rest).map(
    ([name, value]) => `${name} ${value instanceof Error ? value.message : value}`,
  )
  return [type, ...details].join('  ')
}
