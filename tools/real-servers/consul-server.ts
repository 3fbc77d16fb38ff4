// A Consul server of one node. Not `-dev`, which keeps its raft log in memory: a restart has to find its state again.
import { freePorts } from './free-port.ts'
import { answers, HOST, type RealServer, retryPorts, startServer } from './real-server.ts'

export interface ConsulOptions {
  /** Further arguments of `consul agent`. */
  readonly args?: readonly string[]
  /** A configuration file's content: ACLs, limits, … */
  readonly config?: object
}

/** Resolves once there is a leader. */
export function startConsul(options: ConsulOptions = {}): Promise<RealServer> {
  return retryPorts(async () => {
    const [http = 0, rpc = 0, lan = 0] = await freePorts(3)
    return startServer({
      server: 'consul',
      address: `http://${HOST}:${http}`,
      port: http,
      args: (data, folder) => [
        ...['agent', '-server', '-bootstrap-expect=1', '-node=n1', `-data-dir=${data}`],
        ...[`-bind=${HOST}`, `-client=${HOST}`, `-http-port=${http}`, `-server-port=${rpc}`, `-serf-lan-port=${lan}`],
        ...['-serf-wan-port=-1', '-dns-port=-1', '-grpc-port=-1', '-log-level=warn'],
        `-config-file=${folder}/base.json`,
        `-config-file=${folder}/config.json`,
        ...(options.args ?? []),
      ],
      files: { 'base.json': JSON.stringify(BASE), 'config.json': JSON.stringify(options.config ?? {}) },
      ready: () => answers(`http://${HOST}:${http}/v1/status/leader`, (body) => body.length > 2),
    })
  })
}

export const BASE: object = { performance: { raft_multiplier: 1 }, disable_update_check: true }
