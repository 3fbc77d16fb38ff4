import { Buffer } from 'node:buffer'
import { etcd } from '@seakeep/registry-etcd'
import { type RealServer, startEtcd, startEtcdCluster, startTcpProxy } from '../../../../tools/real-servers/index.ts'
import { ask, type Site } from './site.ts'
import { until } from './waiting.ts'

/** With three members everybody knows all of them. What an operator does goes through the JSON gateway. */
export async function startEtcdSite(count: 1 | 3): Promise<Site> {
  await using starting = new AsyncDisposableStack()
  const cluster = count === 3 ? starting.use(await startEtcdCluster(3)) : undefined
  const servers = cluster?.members ?? [starting.use(await startEtcd())]
  const leader = async (): Promise<RealServer> => (await cluster?.leader()) ?? servers[0]!
  const wire = starting.use(await startTcpProxy(servers[0]!))
  /** Of the first member that answers. */
  const operate = async (path: string, body: object): Promise<unknown> => {
    let last: unknown
    for (const { address } of servers) {
      try {
        return await ask(`http://${address}/v3/${path}`, 'POST', body)
      } catch (error) {
        last = error
      }
    }
    throw last
  }
  const endpoints = servers.map(({ address }) => address)
  const keysOf = async (service: string): Promise<readonly Key[]> => {
    const prefix = `seakeep/services/${service}/`
    const range = { key: base64(prefix), range_end: base64(`${prefix}~`) }
    const { kvs = [] } = (await operate('kv/range', range)) as { readonly kvs?: readonly Key[] }
    return kvs
  }
  const running = starting.move()
  return {
    servers,
    wire,
    forClient: etcd({ endpoints: count === 1 ? [wire.address] : endpoints }),
    forInstances: etcd({ endpoints }),
    leader,
    expendable: servers,
    async writable() {
      await until(() => operate('kv/put', { key: base64('probe'), value: base64('x') }).then(() => true), 30_000)
    },
    async listed(service) {
      return (await keysOf(service)).map(idIn).sort()
    },
    async loseLeases(service, ids) {
      for (const key of await keysOf(service)) {
        if (ids.includes(idIn(key))) await operate('lease/revoke', { ID: key.lease })
      }
    },
    async compact() {
      const { header } = (await operate('kv/range', { key: base64('x') })) as { header: { revision: string } }
      await operate('kv/compaction', { revision: header.revision, physical: true })
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

interface Key {
  readonly key: string
  readonly lease: string
}

function idIn({ key }: Key): string {
  return Buffer.from(key, 'base64').toString().replace(/.*\//, '')
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
