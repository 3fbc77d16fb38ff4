import { consul } from '@seakeep/registry-consul'
import {
  type RealServer,
  startConsul,
  startConsulCluster,
  startTcpProxy,
} from '../../../../tools/real-servers/index.ts'
import { ask, type Site } from './site.ts'
import { until } from './waiting.ts'

/**
 * With three servers everybody asks one agent, as a process asks that of its machine: one that follows, and is never
 * killed. One server keeps its data on disk.
 */
export async function startConsulSite(count: 1 | 3): Promise<Site> {
  await using starting = new AsyncDisposableStack()
  const cluster = count === 3 ? starting.use(await startConsulCluster(3)) : undefined
  const servers = cluster?.members ?? [starting.use(await startConsul())]
  const leader = async (): Promise<RealServer> => (await cluster?.leader()) ?? servers[0]!
  const first = await leader()
  const agent = servers.find((server) => server !== first) ?? first
  const wire = starting.use(await startTcpProxy(agent))
  const at = `${agent.address}/v1`
  const running = starting.move()
  return {
    servers,
    wire,
    forClient: consul({ address: count === 1 ? `http://${wire.address}` : agent.address }),
    forInstances: consul({ address: agent.address }),
    leader,
    expendable: servers.filter((server) => server !== agent),
    async writable() {
      await until(async () => (await ask(`${at}/kv/probe`, 'PUT', 'x')) === true, 30_000)
    },
    async listed(service) {
      const entries = (await ask(`${at}/health/service/${service}?passing&stale`, 'GET')) as readonly Entry[]
      return entries.map(({ Service }) => Service.Meta['seakeep-id'] ?? '').sort()
    },
    /** The check is what the heartbeats keep; for all but one the whole service goes with it. */
    async loseLeases(service, ids) {
      const [first, ...others] = ids
      await ask(`${at}/agent/check/deregister/${encodeURIComponent(`service:${service}:${first}`)}`, 'PUT')
      for (const id of others)
        await ask(`${at}/agent/service/deregister/${encodeURIComponent(`${service}:${id}`)}`, 'PUT')
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

interface Entry {
  readonly Service: { readonly Meta: Readonly<Record<string, string>> }
}
