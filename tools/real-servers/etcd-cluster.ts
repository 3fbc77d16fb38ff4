import { type Cluster, startCluster } from './cluster.ts'
import { etcdMember, etcdPlan } from './etcd-server.ts'

/**
 * etcd servers that elect a leader among them, within 1 s; resolves once every one serves. A member whose data was lost
 * is not taken back: for a fresh start stop them all, then restart all at once.
 */
export async function startEtcdCluster(size: 3): Promise<Cluster> {
  return startCluster(size, {
    plans: (ports) => {
      const members = ports.map((own, i) => etcdMember(`n${i + 1}`, own))
      return members.map((member) => etcdPlan(member, members, []))
    },
    vote: async ({ address }, signal) => {
      const response = await fetch(`http://${address}/v3/maintenance/status`, { method: 'POST', body: '{}', signal })
      const { header, leader } = (await response.json()) as { header: { member_id: string }; leader: string }
      return { self: header.member_id, leader }
    },
  })
}
