import { type Cluster, startCluster } from './cluster.ts'
import { consulNode, consulPlan } from './consul-server.ts'
import { HOST } from './real-server.ts'

/** Consul servers that elect a leader among them, within 2 s; resolves once every one knows it. */
export async function startConsulCluster(size: 3): Promise<Cluster> {
  /** Raft names a leader by its raft port. */
  const raftPorts = new Map<number, number>()
  return startCluster(size, {
    plans: (ports) => {
      const nodes = ports.map((own, i) => consulNode(`n${i + 1}`, own))
      for (const { http, raft } of nodes) raftPorts.set(http, raft)
      const joins = nodes.map(({ gossip }) => `-retry-join=${HOST}:${gossip}`)
      const args = ['-server', `-bootstrap-expect=${size}`, '-retry-interval=200ms', ...joins]
      return nodes.map((node) => consulPlan(node, args, {}))
    },
    vote: async ({ address, port }, signal) => {
      const response = await fetch(`${address}/v1/status/leader`, { signal })
      return { self: `${HOST}:${raftPorts.get(port)}`, leader: (await response.json()) as string }
    },
  })
}
