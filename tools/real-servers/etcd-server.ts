// An etcd server of one member, with its data on disk but not forced there: who kills only the process loses nothing.
import { freePorts } from './free-port.ts'
import { answers, HOST, type RealServer, retryPorts, startServer } from './real-server.ts'

export interface EtcdOptions {
  /** Further arguments of `etcd`. */
  readonly args?: readonly string[]
}

/** Resolves once it serves reads that need a leader. */
export function startEtcd(options: EtcdOptions = {}): Promise<RealServer> {
  return retryPorts(async () => {
    const [client = 0, peer = 0] = await freePorts(2)
    return startServer({
      server: 'etcd',
      address: `${HOST}:${client}`,
      port: client,
      args: (data) => [
        ...['--name=n1', `--data-dir=${data}`, '--log-level=warn', '--logger=zap', '--unsafe-no-fsync'],
        ...['--heartbeat-interval=20', '--election-timeout=200'],
        ...[`--listen-client-urls=http://${HOST}:${client}`, `--advertise-client-urls=http://${HOST}:${client}`],
        ...[`--listen-peer-urls=http://${HOST}:${peer}`, `--initial-advertise-peer-urls=http://${HOST}:${peer}`],
        `--initial-cluster=n1=http://${HOST}:${peer}`,
        ...(options.args ?? []),
      ],
      ready: () => answers(`http://${HOST}:${client}/health`, (body) => body.includes('"true"')),
    })
  })
}
