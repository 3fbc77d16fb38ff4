/**
 * What every registry owes discovery, as one suite: run by the in-memory, the simulated, the Consul and the etcd side
 * alike, so that the simulator is held to the truth.
 *
 * A registry may answer inside the call or later, may tell a list that has not changed, and may tell goodbyes or not; these
 * are left open here. Real registries run it in real time: it waits for what it expects, and for the end of a lease only
 * where that is its subject.
 */
import type { Instance } from '../endpoint/endpoint.ts'
import { type RegistryHarness, RegistryWorkbench, type Watching } from './registry-workbench.ts'
import type { ContractApi } from './transport-contract.ts'

export function registryContract(api: ContractApi, name: string, create: () => Promise<RegistryHarness>): void {
  const { describe, it, expect } = api
  let tests = 0

  describe(`${name} keeps the registry contract`, () => {
    const check = (title: string, test: (bench: RegistryWorkbench) => Promise<void>): void =>
      it(title, async () => {
        const bench = new RegistryWorkbench(await create(), ++tests)
        try {
          await test(bench)
        } finally {
          await bench.close()
        }
      })

    check('a registered instance is seen by watchers of before and after, with all it says', async (bench) => {
      const registry = bench.connect()
      const full = bench.instance('a', { weight: 3, zone: 'z1', version: '1.2', meta: { team: 'north', note: 'a=b' } })
      const bare = bench.instance('b', { protocol: 'grpc', address: { host: '10.0.0.7', port: 9090 } })
      const early = bench.watch(bench.connect())
      expect(await bench.register(registry, full)).toBe(undefined)
      expect(await bench.register(registry, bare)).toBe(undefined)
      const late = bench.watch(registry)
      for (const watching of [early, late]) {
        expect(await bench.sees(() => watching.has(full.id, bare.id))).toBe(true)
        expect(watching.list?.find(({ id }) => id === full.id)).toEqual(full)
        expect(watching.list?.find(({ id }) => id === bare.id)).toEqual(bare)
      }
    })

    check('nothing that an instance says is lost or rounded', async (bench) => {
      const registry = bench.connect()
      const watching = bench.watch(bench.connect())
      const instances = [
        bench.instance('idle', { weight: 0, address: { host: '::1', port: 1 } }),
        bench.instance('heavy', { weight: 2.5, address: { host: 'orders.example', port: 65_535 } }),
        bench.instance('wordy', {
          zone: 'Zürich 1',
          version: '1.2.3-rc.1+5',
          meta: { team: 'Grüße, 北京 🚢', json: '{"a": [1, "=\n\t"]}', empty: '', 'a-key_2': 'x'.repeat(400) },
        }),
      ]
      for (const instance of instances) expect(await bench.register(registry, instance)).toBe(undefined)
      expect(await bench.sees(() => watching.has(...bench.idsOf('idle', 'heavy', 'wordy')))).toBe(true)
      for (const instance of instances) expect(watching.list?.find(({ id }) => id === instance.id)).toEqual(instance)
    })

    check('many services of one client, each watched', async (bench) => {
      const registry = bench.connect()
      const services = Array.from({ length: 20 }, (_, i) => `${bench.service}-of-many-${i}`)
      const watchings = services.map((service) => bench.watch(registry, service))
      const answers = await Promise.all(
        services.map((service) => bench.register(registry, { ...bench.instance('a'), service })),
      )
      expect(answers.every((error) => error === undefined)).toBe(true)
      for (const [i, watching] of watchings.entries()) {
        expect(await bench.sees(() => watching.has(...bench.idsOf('a')))).toBe(true)
        expect(watching.list?.[0]?.service).toBe(services[i])
      }
    })

    check('200 instances of one service', async (bench) => {
      const registry = bench.connect()
      const names = Array.from({ length: 200 }, (_, i) => `${i}`)
      for (let i = 0; i < names.length; i += 20) {
        const batch = names.slice(i, i + 20).map((name, at) => bench.instance(name, { weight: i + at }))
        const answers = await Promise.all(batch.map((instance) => bench.register(registry, instance)))
        expect(answers.every((error) => error === undefined)).toBe(true)
      }
      const watching = bench.watch(bench.connect())
      expect(await bench.sees(() => watching.list?.length === 200)).toBe(true)
      expect(watching.has(...bench.idsOf(...names))).toBe(true)
      expect(watching.list?.reduce((sum, { weight }) => sum + weight, 0)).toBe(199 * 100)
    })

    check('a goodbye is told as one, or the registry is believed; the end of a lease is none', async (bench) => {
      const registry = bench.connect()
      const watching = bench.watch(bench.connect())
      const [stays, leaves, dies] = bench.idsOf('stays', 'leaves', 'dies') as [string, string, string]
      for (const name of ['stays', 'leaves']) await bench.register(registry, bench.instance(name))
      await bench.register(registry, bench.instance('dies'), bench.ttlMs)
      expect(await bench.sees(() => watching.has(stays, leaves, dies))).toBe(true)
      await bench.deregister(registry, bench.instance('leaves'))
      const { expiresWithinMs } = bench.harness
      expect(await bench.sees(() => watching.has(stays), bench.ttlMs + expiresWithinMs)).toBe(true)
      const [left, died] = [watching.leftWithout(leaves), watching.leftWithout(dies)]
      expect(left === 'believed' ? true : left !== 'still there' && left.has(leaves)).toBe(true)
      expect(died === 'believed' ? true : died !== 'still there' && !died.has(dies)).toBe(true)
      // Who can tell goodbyes tells them with every list.
      const [first] = watching.lefts
      for (const told of watching.lefts) expect(told === undefined).toBe(first === undefined)
    })

    check('who said goodbye may come back', async (bench) => {
      const registry = bench.connect()
      const watching = bench.watch(bench.connect())
      const instance = bench.instance('a')
      for (let round = 1; round <= 3; round++) {
        expect(await bench.register(registry, { ...instance, weight: round })).toBe(undefined)
        expect(await bench.sees(() => watching.list?.[0]?.weight === round)).toBe(true)
        expect(await bench.deregister(registry, instance)).toBe(undefined)
        expect(await bench.sees(() => watching.has())).toBe(true)
      }
    })

    check('an unknown service is told as unknown, and becomes known on the same watch', async (bench) => {
      const registry = bench.connect()
      const watching = bench.watch(registry)
      expect(await bench.sees(() => watching.unknowns > 0)).toBe(true)
      expect(watching.lists.length).toBe(0)
      await bench.register(registry, bench.instance('a'))
      expect(await bench.sees(() => watching.has(...bench.idsOf('a')))).toBe(true)
    })

    check('an instance that is registered again is overwritten', async (bench) => {
      const registry = bench.connect()
      const watching = bench.watch(bench.connect())
      await bench.register(registry, bench.instance('a', { weight: 1, zone: 'z1' }))
      await bench.register(registry, bench.instance('b'))
      await bench.sees(() => watching.has(...bench.idsOf('a', 'b')))
      const changed = bench.instance('a', { weight: 5, address: { host: '10.0.0.8', port: 1 } })
      await bench.register(registry, changed)
      expect(await bench.sees(() => watching.list?.some(({ weight }) => weight === 5) === true)).toBe(true)
      expect(watching.list?.find(({ id }) => id === changed.id)).toEqual(changed)
      expect(watching.has(...bench.idsOf('a', 'b'))).toBe(true)
    })

    check('a lease that nobody extends runs out, and not before its time', async (bench) => {
      const registry = bench.connect()
      const watching = bench.watch(bench.connect())
      await bench.register(registry, bench.instance('stays'))
      await bench.register(registry, bench.instance('goes'), bench.ttlMs)
      await bench.sees(() => watching.has(...bench.idsOf('stays', 'goes')))
      await bench.harness.pass(bench.ttlMs * 0.6)
      expect(watching.has(...bench.idsOf('stays', 'goes'))).toBe(true)
      const { expiresWithinMs } = bench.harness
      expect(await bench.sees(() => watching.has(...bench.idsOf('stays')), bench.ttlMs * 0.4 + expiresWithinMs)).toBe(
        true,
      )
    })

    check('heartbeats keep an instance, without a word to those who watch', async (bench) => {
      const registry = bench.connect()
      const instance = bench.instance('a')
      await bench.register(registry, instance, bench.ttlMs)
      const watching = bench.watch(bench.connect())
      await bench.sees(() => watching.has(instance.id))
      for (let i = 0; i < 7; i++) {
        await bench.harness.pass(bench.ttlMs / 3)
        expect(await bench.heartbeat(registry, instance)).toBe(undefined)
        expect(watching.has(instance.id)).toBe(true)
      }
      expect(watching.lists.every((list) => list.length === 1)).toBe(true)
    })

    check(
      'the heartbeat of an instance it does not know is answered as lost; registering brings it back',
      async (bench) => {
        const registry = bench.connect()
        const instance = bench.instance('a')
        expect((await bench.heartbeat(registry, instance))?.isLost).toBe(true)
        await bench.register(registry, instance, bench.ttlMs)
        const watching = bench.watch(registry)
        await bench.sees(() => watching.has(instance.id))
        expect(await bench.sees(() => watching.has(), bench.ttlMs + bench.harness.expiresWithinMs)).toBe(true)
        expect((await bench.heartbeat(registry, instance))?.isLost).toBe(true)
        await bench.register(registry, instance)
        expect(await bench.sees(() => watching.has(instance.id))).toBe(true)
        expect(await bench.heartbeat(registry, instance)).toBe(undefined)
      },
    )

    check('a deregistered instance leaves, the last one too', async (bench) => {
      const registry = bench.connect()
      const watching = bench.watch(bench.connect())
      for (const id of ['a', 'b']) await bench.register(registry, bench.instance(id))
      await bench.sees(() => watching.has(...bench.idsOf('a', 'b')))
      expect(await bench.deregister(registry, bench.instance('a'))).toBe(undefined)
      expect(await bench.sees(() => watching.has(...bench.idsOf('b')))).toBe(true)
      expect(await bench.deregister(registry, bench.instance('b'))).toBe(undefined)
      expect(await bench.sees(() => watching.has())).toBe(true)
      expect((await bench.heartbeat(registry, bench.instance('b')))?.isLost).toBe(true)
    })

    check('deregistering what is not there is no error', async (bench) => {
      expect(await bench.deregister(bench.connect(), bench.instance('a'))).toBe(undefined)
    })

    check('the order of a list is stable, and the same for all', async (bench) => {
      const registry = bench.connect()
      const first = bench.watch(bench.connect())
      const names = ['d', 'b', 'e', 'a', 'c']
      for (const id of names) await bench.register(registry, bench.instance(id))
      expect(await bench.sees(() => first.has(...bench.idsOf(...names)))).toBe(true)
      const order = first.ids as readonly string[]
      const second = bench.watch(bench.connect())
      await bench.sees(() => second.has(...order))
      expect(second.ids).toEqual(order)
      const [gone] = bench.idsOf('e')
      await bench.deregister(registry, bench.instance('e'))
      await bench.register(registry, bench.instance('b', { weight: 2 }))
      const isDone = (watching: Watching) => watching.ids?.length === 4 && watching.list?.some(isHeavy) === true
      for (const watching of [first, second]) {
        expect(await bench.sees(() => isDone(watching))).toBe(true)
        expect(watching.ids).toEqual(order.filter((id) => id !== gone))
      }
    })

    check('many watch, and each service tells only its own', async (bench) => {
      const registry = bench.connect()
      const watchings = Array.from({ length: 30 }, () => bench.watch(registry))
      const other = `${bench.service}-other`
      const elsewhere = bench.watch(registry, other)
      await bench.register(registry, bench.instance('a'))
      for (const watching of watchings) expect(await bench.sees(() => watching.has(...bench.idsOf('a')))).toBe(true)
      const foreign: Instance = { ...bench.instance('x'), service: other }
      await bench.register(registry, foreign)
      expect(await bench.sees(() => elsewhere.has(foreign.id))).toBe(true)
      await bench.settle()
      for (const watching of watchings) expect(watching.ids).toEqual(bench.idsOf('a'))
      expect(elsewhere.lists.every((list) => list.every(({ service }) => service === other))).toBe(true)
    })

    check('one client registers what another one watches and keeps', async (bench) => {
      const [one, two] = [bench.connect(), bench.connect()]
      const instance = bench.instance('a')
      const watching = bench.watch(two)
      await bench.register(one, instance, bench.ttlMs)
      expect(await bench.sees(() => watching.has(instance.id))).toBe(true)
      one.close()
      await bench.register(two, instance)
      await bench.harness.pass(bench.ttlMs + bench.harness.expiresWithinMs)
      expect(watching.has(instance.id)).toBe(true)
    })

    check('a watch that was disposed of is told nothing more', async (bench) => {
      const registry = bench.connect()
      await bench.register(registry, bench.instance('a'))
      const [stopped, kept] = [bench.watch(registry), bench.watch(registry)]
      await bench.sees(() => stopped.words > 0 && kept.words > 0)
      stopped.stop()
      stopped.stop()
      const { words } = stopped
      await bench.register(registry, bench.instance('b'))
      expect(await bench.sees(() => kept.has(...bench.idsOf('a', 'b')))).toBe(true)
      await bench.settle()
      expect(stopped.words).toBe(words)
    })

    check('a service is watched anew after its last watcher has gone', async (bench) => {
      const registry = bench.connect()
      const first = bench.watch(registry)
      await bench.register(registry, bench.instance('a'))
      expect(await bench.sees(() => first.has(...bench.idsOf('a')))).toBe(true)
      first.stop()
      await bench.register(bench.connect(), bench.instance('b'))
      await bench.deregister(registry, bench.instance('a'))
      const second = bench.watch(registry)
      expect(await bench.sees(() => second.has(...bench.idsOf('b')))).toBe(true)
      await bench.register(registry, bench.instance('c'))
      expect(await bench.sees(() => second.has(...bench.idsOf('b', 'c')))).toBe(true)
    })

    check('a watch may be disposed of, and another begun, while it is told', async (bench) => {
      const registry = bench.connect()
      const watching = bench.watch(registry)
      let next: Watching | undefined
      await bench.sees(() => watching.unknowns > 0)
      const tell = watching.instances.bind(watching)
      watching.instances = (list) => {
        tell(list)
        watching.stop()
        next ??= bench.watch(registry)
      }
      await bench.register(registry, bench.instance('a'))
      expect(await bench.sees(() => next?.has(...bench.idsOf('a')) === true)).toBe(true)
      await bench.register(registry, bench.instance('b'))
      expect(await bench.sees(() => next?.has(...bench.idsOf('a', 'b')) === true)).toBe(true)
      expect(watching.lists.length).toBe(1)
    })

    check('a closed client tells nothing more', async (bench) => {
      const [one, two] = [bench.connect(), bench.connect()]
      const [closed, kept] = [bench.watch(one), bench.watch(two)]
      await bench.sees(() => closed.words > 0 && kept.words > 0)
      one.close()
      const { words } = closed
      await bench.register(two, bench.instance('a'))
      expect(await bench.sees(() => kept.has(...bench.idsOf('a')))).toBe(true)
      await bench.settle()
      expect(closed.words).toBe(words)
    })

    check('a closed client takes nothing more, and may be closed twice', async (bench) => {
      const [one, two] = [bench.connect(), bench.connect()]
      await bench.register(one, bench.instance('a'))
      one.close()
      one.close()
      const answers: unknown[] = []
      one.register(bench.instance('b'), bench.longMs, (error) => answers.push(error))
      one.deregister(bench.instance('a'), (error) => answers.push(error))
      const late = bench.watch(one)
      const watching = bench.watch(two)
      expect(await bench.sees(() => watching.has(...bench.idsOf('a')))).toBe(true)
      await bench.settle()
      expect(watching.has(...bench.idsOf('a'))).toBe(true)
      // Answered as an error, or not at all.
      for (const error of answers) expect(error).toBeInstanceOf(Error)
      expect(late.words).toBe(0)
    })
  })
}

function isHeavy({ weight }: Instance): boolean {
  return weight === 2
}
