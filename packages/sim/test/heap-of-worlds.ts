// A program of its own (see isolated-runtimes.test.ts): builds worlds, takes heap snapshots of itself, and prints which
// runtimes are joined. Test runners keep every module in tables of theirs, through which all is joined with all.
import process from 'node:process'
import { classify, type Random, type Runtime } from '@seakeep/core'
import {
  assembleRuntime,
  type Balancer,
  createBalancer,
  NO_EVENTS,
  NO_LOAD,
  NO_SIGNALS,
  parsePolicyDocument,
  type RuntimeParts,
  type RuntimePorts,
} from '@seakeep/core/spi'
import { Kernel } from '../src/kernel/kernel.ts'
import { createDrain } from '../src/kernel/node-drain.ts'
import { VirtualHost } from '../src/model/virtual-host.ts'
import { VirtualRegistry } from '../src/model/virtual-registry.ts'
import { VirtualTransport } from '../src/model/virtual-transport.ts'
import type { World } from '../src/model/world.ts'
import { buildWorld } from '../src/running/build-world.ts'
import { NodeAmbience } from '../src/running/node-ambience.ts'
import { resolveScenario } from '../src/scenario/resolving/resolve-scenario.ts'
import HANDLERS from './handlers.sim.ts'
import { type HeapNode, held, takeSnapshot } from './heap-graph.ts'
import SHOP from './shop.sim.ts'

/** What was found of the runtimes alive at one moment. */
export interface Isolation {
  readonly runtimes: number
  /** Ports that no runtime was found to hold, although it was given them: the search would be blind there. */
  readonly unseen: readonly string[]
  /** Ports, or things handed out by one, on which two runtimes meet, and the ways there. */
  readonly shared: readonly string[]
}

/** What ports hand out: a timer, a stream of chance, the handle of a watch or a note. They lead back into the world. */
const HANDED_OUT = new Set(['HostTimer', 'VirtualServer', 'Sfc32', 'Watcher', 'BoardReader', 'BoardNote'])
/** Nodes that hold program text and hidden classes rather than the program's objects. */
const NO_OBJECTS = new Set([
  'code',
  'object shape',
  'native',
  'synthetic',
  'string',
  'symbol',
  'number',
  'bigint',
  'regexp',
])

/**
 * No two runtimes share an object that holds a port. If they did, it would be found in one of two ways:
 *
 * - The object belongs to a module (a variable, a table, a static field): then a port can be reached from the globals,
 *   through which all modules are joined.
 * - It does not: then from both runtimes, along fields, private ones and the scopes of closures, but through no port, the
 *   same port can be reached.
 */
class Inspection {
  readonly runtimes: readonly HeapNode[]
  readonly #ofModules: Ways
  readonly #isEnd: (node: HeapNode) => boolean

  constructor(heap: readonly HeapNode[]) {
    this.runtimes = heap.filter(({ type, name }) => type === 'object' && name === 'Runtime')
    const all = new Set(this.runtimes.flatMap((runtime) => [...portsOf(runtime).values()]))
    this.#isEnd = (node) => all.has(node) || isHandedOut(node)
    this.#ofModules = waysFrom(
      heap.filter(({ name }) => name === 'system / NativeContext'),
      () => false,
    )
  }

  isolation(runtimes: readonly HeapNode[]): Isolation {
    const ofModules = this.#ofModules
    const firstBy = new Map<HeapNode, string>()
    const shared: string[] = []
    const unseen: string[] = []
    for (const runtime of runtimes) {
      const ways = waysFrom([runtime], this.#isEnd, ofModules)
      for (const [name, port] of portsOf(runtime)) {
        if (ofModules.has(port))
          shared.push(`${name} of ${nameOf(runtime)} is held by a module: ${wayTo(port, ofModules)}`)
        else if (!ways.has(port)) unseen.push(`${name} of ${nameOf(runtime)}`)
      }
      for (const node of ways.keys()) {
        if (!this.#isEnd(node)) continue
        const other = firstBy.get(node)
        if (other === undefined) firstBy.set(node, wayTo(node, ways))
        else shared.push(`${node.name}: ${other} AND ${wayTo(node, ways)}`)
      }
    }
    return { runtimes: runtimes.length, unseen, shared }
  }
}

function portsOf(runtime: HeapNode): ReadonlyMap<string, HeapNode> {
  const given = held(runtime, '#ports')
  const found = ['clock', 'random', 'events', 'board'].map((name) => [name, held(given, name)] as const)
  for (const list of ['transports', 'registries']) found.push([list, held(held(given, list), '0')])
  return new Map(found.flatMap(([name, port]) => (port === undefined ? [] : [[name, port]])))
}

/** An instance, not the class or its prototype. */
function isHandedOut({ type, name, edges }: HeapNode): boolean {
  return type === 'object' && HANDED_OUT.has(name) && !edges.some((edge) => edge.name === 'constructor')
}

/**
 * What a WeakMap's table holds: V8 shows a pair from its table and from its key, but it lives by the key alone, so it is
 * followed from there.
 */
function isWeakEntry(from: HeapNode, edge: string): boolean {
  return from.type !== 'object' && edge.includes('pair in WeakMap')
}

/** All nodes that can be reached, each with the step that led there. */
type Ways = ReadonlyMap<HeapNode, readonly [from: HeapNode, by: string] | undefined>

/** Goes everywhere from `starts`, but not past an end and not into what is in `without`. */
function waysFrom(starts: readonly HeapNode[], isEnd: (node: HeapNode) => boolean, without?: Ways): Ways {
  const ways = new Map<HeapNode, readonly [from: HeapNode, by: string] | undefined>()
  for (const start of starts) ways.set(start, undefined)
  for (const node of ways.keys()) {
    if (isEnd(node)) continue
    for (const { type, name, to } of node.edges) {
      if (
        type === 'weak' ||
        isWeakEntry(node, name) ||
        NO_OBJECTS.has(to.type) ||
        ways.has(to) ||
        without?.has(to) === true
      )
        continue
      ways.set(to, [node, name])
    }
  }
  return ways
}

function wayTo(node: HeapNode, ways: Ways): string {
  let way = ''
  let at = node
  for (let step = ways.get(at); step !== undefined; step = ways.get(at)) {
    way = `.${step[1]}${way}`
    at = step[0]
  }
  return `${nameOf(at)}${way}`
}

function nameOf(node: HeapNode): string {
  return `${held(node, 'service')?.name ?? node.name}@${node.id}`
}

/** Two worlds with all their hosts after some seconds of traffic, when all calls have ended. */
async function worlds(): Promise<readonly World[]> {
  const built: World[] = []
  for (const scenario of [SHOP, HANDLERS]) {
    const kernel = new Kernel()
    const resolved = resolveScenario({ ...scenario, duration: '3s', faults: [] })
    built.push(buildWorld(resolved, kernel, new NodeAmbience()))
    await kernel.run(6e6, { drain: createDrain() })
  }
  return built
}

type Plant = (
  own: RuntimePorts,
  first: RuntimePorts,
  pair: { balancer?: Balancer },
) => { ports?: RuntimePorts; parts?: Partial<RuntimeParts> }

/** What a module might keep for itself. */
const memory: { random?: Random } = {}

/** Ways to join two runtimes, each of which must be found; `none` and `harmless` join nothing. */
const PLANTS: Readonly<Record<string, Plant>> = {
  none: () => ({}),
  harmless: () => ({ parts: { classifier: classify, createBalancer } }),
  'a balancer for all': (own, _first, pair) => {
    pair.balancer ??= createBalancer('p2c-ewma', own.random, 'orders')
    const { balancer } = pair
    return { parts: { createBalancer: () => balancer } }
  },
  'the same clock': (own, first) => ({ ports: { ...own, clock: first.clock } }),
  'the same event sink': (own, first) => ({ ports: { ...own, events: first.events } }),
  'a closure': (_own, { random }) => ({
    parts: { classifier: (ended) => (random.draw(1, 1) < 1 ? classify(ended) : 'ignored') },
  }),
  'a variable of a module': ({ random }) => {
    memory.random ??= random
    return { parts: { classifier: (ended) => (memory.random === undefined ? 'ignored' : classify(ended)) } }
  },
  'a stream of chance': (own, first) => {
    const stream = first.random.stream('shared')
    return {
      ports: { ...own, random: { draw: (key, purpose) => own.random.draw(key, purpose), stream: () => stream } },
    }
  },
}

/** Two runtimes by hand, with something planted between them. */
function pair(name: string, plant: Plant): readonly Runtime[] {
  const kernel = new Kernel()
  const registry = new VirtualRegistry(kernel)
  // Nothing is sent, so the transports need no world around them.
  const world = {} as World
  const given = (host: VirtualHost): RuntimePorts => ({
    clock: host.clock,
    random: host.createRandom(),
    events: { ...NO_EVENTS },
    transports: [new VirtualTransport(world, host)],
    registries: [registry.portFor(host)],
    servers: [],
    load: NO_LOAD,
    signals: NO_SIGNALS,
  })
  const shared = {}
  const first = given(new VirtualHost(`${name}#1`, name, kernel, 1))
  return [first, given(new VirtualHost(`${name}#2`, name, kernel, 1))].map((own) => {
    const { ports = own, parts } = plant(own, first, shared)
    const policies = parsePolicyDocument({ version: 1, targets: { orders: { use: 'standard' } } })
    const runtime = assembleRuntime({ service: name, policies }, ports, parts)
    runtime.endpoints('orders')
    return runtime
  })
}

async function main(): Promise<void> {
  const alive = Object.entries(PLANTS).flatMap(([name, plant]) => pair(name, plant))
  const built = await worlds()

  const inspection = new Inspection(await takeSnapshot())
  const groups = Map.groupBy(inspection.runtimes, (runtime) => {
    const name = held(runtime, 'service')?.name ?? ''
    return name in PLANTS ? name : 'worlds'
  })
  const found = Array.from(groups, ([name, those]) => [name, inspection.isolation(those)])
  const hosts = built.reduce((sum, world) => sum + world.hosts.length, 0)
  process.stdout.write(JSON.stringify({ found: Object.fromEntries(found), hosts, planted: alive.length }))
}

await main()
