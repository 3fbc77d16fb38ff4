// Consul servers. A single one that keeps its data is not `-dev`, whose raft log is in memory; for that it has to win an
// election of a second or two at every start, which `-dev` does in a tenth.
import { randomUUID } from 'node:crypto'
import { freePorts } from './free-port.ts'
import { answers, HOST, type RealServer, retryPorts, type ServerPlan, startServer } from './real-server.ts'

export interface ConsulOptions {
  /** Further arguments of `consul agent`. */
  readonly args?: readonly string[]
  /** A configuration file's content: ACLs, limits, … */
  readonly config?: object
  /** Nothing on disk: starts in 0.2 s instead of 2 s, and every restart is a fresh one. Default false. */
  readonly dev?: boolean
}

/** Resolves once there is a leader. */
export function startConsul({ args = [], config = {}, dev = false }: ConsulOptions = {}): Promise<RealServer> {
  return retryPorts(async () => {
    const node = consulNode('n1', await freePorts(3))
    return startServer(consulPlan(node, [...(dev ? ['-dev'] : ['-server', '-bootstrap-expect=1']), ...args], config))
  })
}

/** A node's name, its id, which outlives its data, and the ports of its HTTP API, of raft and of gossip. */
export interface ConsulNode {
  readonly name: string
  readonly id: string
  readonly http: number
  readonly raft: number
  readonly gossip: number
}

export function consulNode(name: string, [http = 0, raft = 0, gossip = 0]: readonly number[]): ConsulNode {
  return { name, id: randomUUID(), http, raft, gossip }
}

export function consulPlan(node: ConsulNode, args: readonly string[], config: object): ServerPlan {
  const address = `http://${HOST}:${node.http}`
  return {
    server: 'consul',
    address,
    port: node.http,
    args: (data, folder) => [
      ...['agent', `-node=${node.name}`, `-node-id=${node.id}`, `-data-dir=${data}`, '-log-level=warn'],
      ...[`-bind=${HOST}`, `-client=${HOST}`, `-http-port=${node.http}`, `-server-port=${node.raft}`],
      ...[`-serf-lan-port=${node.gossip}`, '-serf-wan-port=-1', '-dns-port=-1', '-grpc-port=-1'],
      ...[`-config-file=${folder}/quick.json`, `-config-file=${folder}/config.json`],
      ...args,
    ],
    files: { 'quick.json': QUICK, 'config.json': JSON.stringify(config) },
    ready: () => answers(`${address}/v1/status/leader`, (body) => body.length > 2),
  }
}

const QUICK = JSON.stringify({ performance: { raft_multiplier: 1 }, disable_update_check: true })
