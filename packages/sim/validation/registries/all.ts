// The faults, as one does them: signals to the servers' processes, a wire that breaks, an operator's hand.
//
// In each an instance comes, and one goes. Who comes while nobody can be told registers as soon as it can; who goes then
// would say goodbye to nobody, and be in the lists until its lease has run out, so it goes as soon as it can be heard.
import type { RealServer } from '../../../../tools/real-servers/index.ts'
import type { Bench, RegistryFault, RegistryName } from './fault.ts'
import { SERVICE } from './fleet.ts'

const REGISTRIES: readonly RegistryName[] = ['consul', 'etcd']

interface Story extends Omit<RegistryFault, 'registry'> {
  /** Absent: both. */
  readonly only?: RegistryName
}

const STORIES: readonly Story[] = [
  {
    fault: 'restart',
    servers: 1,
    inflict: (bench) => down(bench, [only(bench)], 1000),
  },
  {
    fault: 'SIGSTOP 10 s',
    servers: 1,
    async inflict(bench) {
      only(bench).pause()
      await bench.sleep(3000)
      await bench.changes.add('broken')
      await bench.sleep(7000)
      only(bench).resume()
      bench.changes.knowable()
      // First it does what it was asked while it stood still, heartbeats of who leaves among it.
      await bench.sleep(1000)
      bench.changes.leave()
    },
  },
  {
    fault: 'cut',
    servers: 1,
    async inflict({ site, changes }) {
      site.wire.cut()
      changes.leave()
      await changes.add()
    },
  },
  {
    fault: 'black hole',
    servers: 1,
    async inflict({ site, changes, sleep }) {
      site.wire.swallow()
      await sleep(2000)
      changes.leave('broken')
      await changes.add('broken')
      await sleep(8000)
      site.wire.heal()
    },
  },
  {
    fault: 'leader SIGKILL',
    servers: 3,
    async inflict(bench) {
      await (await bench.site.leader()).kill()
      await bench.changes.add('broken')
      await bench.site.writable()
      backAgain(bench)
    },
  },
  {
    fault: 'no quorum',
    servers: 3,
    inflict: (bench) => down(bench, bench.site.expendable.slice(0, 2), 8000),
  },
  {
    fault: 'compaction',
    servers: 1,
    only: 'etcd',
    async inflict({ site, changes, listed }) {
      site.wire.refuse()
      changes.leave('broken')
      await changes.add('broken')
      await listed()
      await site.compact?.()
      site.wire.heal()
    },
  },
  {
    fault: 'index reset',
    servers: 1,
    async inflict(bench) {
      await only(bench).kill()
      await bench.changes.add('broken')
      await bench.sleep(1000)
      await only(bench).restart({ fresh: true })
      bench.changes.knowable()
      await bench.listed()
      bench.changes.leave()
    },
  },
  {
    fault: 'lease loss',
    servers: 1,
    async inflict({ site, fleet, changes, listed }) {
      await site.loseLeases(SERVICE, fleet.living)
      await changes.add()
      await listed()
      changes.leave()
    },
  },
]

export const faults: readonly RegistryFault[] = REGISTRIES.flatMap((registry) =>
  STORIES.filter(({ only = registry }) => only === registry).map(({ fault, servers, inflict }) => ({
    ...{ registry, fault, servers, inflict },
  })),
)

/** SIGKILL, and a restart with their data. */
async function down(bench: Bench, servers: readonly RealServer[], forMs: number): Promise<void> {
  await Promise.all(servers.map((server) => server.kill()))
  await bench.changes.add('broken')
  await bench.sleep(forMs)
  await Promise.all(servers.map((server) => server.restart()))
  await bench.site.writable()
  backAgain(bench)
}

function backAgain({ changes }: Bench): void {
  changes.knowable()
  changes.leave()
}

function only({ site }: Bench): RealServer {
  return site.servers[0]!
}
