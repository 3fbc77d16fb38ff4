// Three servers and who leads them: whom a majority names, itself among them. A leader that was killed or paused cannot
// answer, and one that was resumed is alone in its opinion.
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from './free-port.ts'
import { type RealServer, retryPorts, type ServerPlan, startServer } from './real-server.ts'

export interface Cluster extends AsyncDisposable {
  readonly members: readonly RealServer[]
  /** Waits until a majority agrees, at most 15 s. */
  leader(): Promise<RealServer>
}

/** What one member says of itself and of its leader. */
export interface Vote {
  readonly self: string
  readonly leader: string
}

export interface ClusterPlan {
  /** The plans of the members, given three free ports for each. */
  readonly plans: (ports: readonly (readonly number[])[]) => readonly ServerPlan[]
  /** Throws where the member knows no leader. */
  readonly vote: (member: RealServer, signal: AbortSignal) => Promise<Vote>
}

const AGREE_MS = 15_000
const ANSWER_MS = 500
const POLL_MS = 25

export function startCluster(size: number, plan: ClusterPlan): Promise<Cluster> {
  return retryPorts(async () => {
    const ports = await freePorts(3 * size)
    const plans = plan.plans(Array.from({ length: size }, (_, i) => ports.slice(3 * i, 3 * i + 3)))
    const starts = await Promise.allSettled(plans.map(startServer))
    const members = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
    const dispose = async () => {
      await Promise.all(members.map((member) => member[Symbol.asyncDispose]()))
    }
    for (const start of starts) {
      if (start.status === 'fulfilled') continue
      await dispose()
      throw start.reason
    }
    return { members, leader: () => agreedLeader(members, plan.vote), [Symbol.asyncDispose]: dispose }
  })
}

async function agreedLeader(members: readonly RealServer[], vote: ClusterPlan['vote']): Promise<RealServer> {
  for (const giveUp = Date.now() + AGREE_MS; Date.now() < giveUp; await sleep(POLL_MS)) {
    const votes = await Promise.all(
      members.map((member) => vote(member, AbortSignal.timeout(ANSWER_MS)).catch(() => undefined)),
    )
    const leader = members.find((_, i) => {
      const self = votes[i]?.self
      if (self === undefined || votes[i]?.leader !== self) return false
      return votes.filter((other) => other?.leader === self).length > members.length / 2
    })
    if (leader) return leader
  }
  throw new Error(`No majority agreed on a leader within ${AGREE_MS / 1_000} s.`)
}
