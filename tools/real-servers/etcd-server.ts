// etcd servers, with their data on disk but not forced there: who kills only the process loses nothing. Health is asked
// on a port of its own, which stays plain when clients have to use TLS.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Certificates, makeCertificates } from './certificates.ts'
import { freePorts } from './free-port.ts'
import { answers, HOST, type RealServer, retryPorts, type ServerPlan, startServer } from './real-server.ts'

export interface EtcdOptions {
  /** Further arguments of `etcd`. */
  readonly args?: readonly string[]
  /** TLS on the client API; `mutual`: clients have to show a certificate, whose name is `client`. Default false. */
  readonly tls?: boolean | 'mutual'
}

/** Resolves once it serves reads that need a leader. Throws if there is no `openssl` to make certificates by. */
export function startEtcd({ args = [], tls = false }: EtcdOptions = {}): Promise<RealServer> {
  return retryPorts(async () => {
    const member = etcdMember('n1', await freePorts(3))
    if (tls === false) return startServer(etcdPlan(member, [member], args))
    const folder = await mkdtemp(join(tmpdir(), 'seakeep-certificates-'))
    try {
      const certificates = await makeCertificates(folder)
      return await startServer(etcdPlan(member, [member], args, certificates, tls === 'mutual'))
    } finally {
      await rm(folder, { recursive: true })
    }
  })
}

export interface EtcdMember {
  readonly name: string
  readonly client: number
  readonly peer: number
  readonly health: number
}

export function etcdMember(name: string, [client = 0, peer = 0, health = 0]: readonly number[]): EtcdMember {
  return { name, client, peer, health }
}

/** `members`: all of the cluster, `member` included. */
export function etcdPlan(
  member: EtcdMember,
  members: readonly EtcdMember[],
  args: readonly string[],
  certificates?: Certificates,
  mutual = false,
): ServerPlan {
  const clientUrl = `${certificates ? 'https' : 'http'}://${HOST}:${member.client}`
  const peerUrl = `http://${HOST}:${member.peer}`
  const healthUrl = `http://${HOST}:${member.health}`
  const tlsArgs = (folder: string) => [
    ...[`--cert-file=${folder}/server.pem`, `--key-file=${folder}/server.key`],
    ...(mutual ? ['--client-cert-auth', `--trusted-ca-file=${folder}/ca.pem`] : []),
  ]
  return {
    server: 'etcd',
    address: `${HOST}:${member.client}`,
    port: member.client,
    args: (data, folder) => [
      ...[`--name=${member.name}`, `--data-dir=${data}`, '--log-level=warn', '--logger=zap', '--unsafe-no-fsync'],
      ...['--heartbeat-interval=20', '--election-timeout=200', `--listen-metrics-urls=${healthUrl}`],
      ...[`--listen-client-urls=${clientUrl}`, `--advertise-client-urls=${clientUrl}`],
      ...[`--listen-peer-urls=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`],
      `--initial-cluster=${members.map(({ name, peer }) => `${name}=http://${HOST}:${peer}`).join(',')}`,
      ...(certificates ? tlsArgs(folder) : []),
      ...args,
    ],
    ...(certificates && {
      files: {
        'ca.pem': certificates.ca,
        'server.pem': certificates.server.cert,
        'server.key': certificates.server.key,
      },
      tls: { ca: certificates.ca, ...certificates.client },
    }),
    ready: () => answers(`${healthUrl}/health`, (body) => body.includes('"true"')),
  }
}
