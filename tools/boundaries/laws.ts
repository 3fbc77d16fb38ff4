// Who may import whom, and who may read the clock, chance and the process: the rules of docs/decisions as tables, and
// the checker over them. It works on texts in memory, so that every law has a test with a planted violation.
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path/posix'
import { circles } from './circles.ts'
import { type Mention, readSource } from './source.ts'

export interface Violation {
  readonly file: string
  readonly line: number
  readonly law: string
  readonly message: string
}

/** Rooms of core from the ground up. A room imports lower floors only; on the ground floor also its neighbours. */
const CORE_FLOORS = [
  ['time', 'random', 'errors', 'options', 'endpoint', 'state'],
  ['call'],
  ['telemetry', 'transport'],
  ['sharing'],
  ['discovery', 'locking', 'health', 'balancing', 'limiting', 'breaking', 'retrying', 'caching', 'routing', 'security'],
  ['config'],
  ['pipeline', 'serving'],
  ['runtime'],
  ['index.ts', 'spi.ts', 'testing'],
]

/** Where, below `src`, a package may do what is otherwise forbidden. Absent: free everywhere. */
interface Ports {
  readonly inversify: RegExp
  readonly rxjs?: RegExp
  readonly node?: RegExp
  readonly ambient: RegExp
  readonly packages: readonly string[]
}

const DOORS = ['@seakeep/core', '@seakeep/core/spi', '@seakeep/core/testing']
const NODE_FILE = '(^|/)node-[^/]*\\.ts$'
const CORE: Ports = {
  inversify: /^runtime\/|-module\.ts$/,
  rxjs: /-loop\.ts$|^(state|runtime)\/|^telemetry\/[^/]*(event|stream)|^time\/[^/]*scheduler|^discovery\/[^/]*resolve|^(index|spi)\.ts$/,
  node: new RegExp(NODE_FILE),
  ambient: new RegExp(`^time/real-clock\\.ts$|^random/system-random\\.ts$|${NODE_FILE}`),
  packages: [],
}
const SIM: Ports = {
  inversify: /^running\//,
  node: /^(cli|reporting|running)\/|^scenario\/node-[^/]*\.ts$|^kernel\/node-[^/]*\.ts$/,
  ambient: /^(cli|reporting)\/|^running\/node-[^/]*\.ts$|^kernel\/node-[^/]*\.ts$/,
  packages: DOORS,
}
const ADAPTER: Ports = { inversify: /-module\.ts$/, ambient: new RegExp(NODE_FILE), packages: DOORS }

/** Time, chance, the process and the network come in through a port; `globalThis` handed about could be any of them. */
const AMBIENT = [
  ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'AbortSignal.timeout'],
  ...['Math.random', 'crypto', 'process', 'globalThis', 'fetch', 'WebSocket'],
]
/** Tests neither sleep nor read the wall clock nor fake the globals, except the tests of the ports themselves. */
const AMBIENT_IN_TESTS = [
  ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'AbortSignal.timeout', 'Math.random'],
  ...['vi.useFakeTimers', 'vi.setSystemTime', 'vi.stubGlobal'],
]
const TEST_OF_PORT = /(^|\/)(node-[^/]*|real-clock|system-random)\.test\.ts$/

interface Place {
  readonly pkg: string | undefined
  /** Path below `src`; undefined outside of it. */
  readonly below: string | undefined
  /** Exempt from the floors; `integration` runs against real servers and may wait for them. */
  readonly test: 'unit' | 'integration' | undefined
}

export function checkBoundaries(files: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = []
  const graph = new Map<string, string[]>()
  const ground = new Map<string, string[]>(CORE_FLOORS[0]?.map((room) => [room, []]))

  for (const [file, text] of files) {
    const report = (law: string, at: number, message: string): void => {
      violations.push({ file, line: text.slice(0, at).split('\n').length, law, message })
    }
    const source = readSource(file, text)
    for (const error of source.errors) report('syntax', 0, error)
    const place = placeOf(file)
    const targets: string[] = []
    graph.set(file, targets)

    for (const { name, at } of source.imports) {
      if (!name.startsWith('.')) {
        checkOutside(place, name, (law, message) => report(law, at, message))
        continue
      }
      const target = resolve(file, name, files)
      targets.push(target)
      const to = placeOf(target)
      if (to.pkg !== undefined && to.pkg !== place.pkg)
        report('package-door', at, `${name} enters ${to.pkg} by its wall`)
      else if (place.pkg === 'core' && !place.test && place.below && to.below) {
        const crossed = floorFault(roomOf(place.below), roomOf(to.below))
        if (crossed) report('floors', at, crossed)
        ground.get(roomOf(place.below))?.push(roomOf(to.below))
      } else if (place.pkg === 'sim' && !place.test && place.below && to.below && roomOf(place.below) === 'kernel') {
        if (roomOf(to.below) !== 'kernel') report('floors', at, `kernel knows nothing of ${roomOf(to.below)}`)
      }
    }
    for (const mention of source.globals) {
      const banned = bannedGlobal(place, file, mention)
      if (banned) report('ambient', mention.at, `${mention.name} outside its port`)
    }
  }
  for (const circle of circles(graph)) {
    violations.push({ file: circle[0] ?? '', line: 1, law: 'circle', message: circle.join(' > ') })
  }
  for (const circle of circles(ground)) {
    violations.push({ file: 'packages/core/src', line: 1, law: 'circle', message: `rooms ${circle.join(' > ')}` })
  }
  return violations
}

function checkOutside(place: Place, name: string, report: (law: string, message: string) => void): void {
  const { pkg, below, test } = place
  if (pkg === undefined) return
  const scoped = /^@seakeep\/([^/]+)/.exec(name)?.[1]
  const ports = portsOf(pkg)
  if (scoped !== undefined) {
    // An adapter's tests or the simulator's validation may drive others; core never knows who stands on it.
    const free = below === undefined && pkg !== 'core'
    if (scoped !== pkg && !free && !ports.packages.includes(name)) report('packages', `${pkg} may not import ${name}`)
    // Inside, the own door is a detour and a circle.
    if (scoped === pkg && below !== undefined) report('packages', `${pkg} imports itself by ${name}`)
  }
  if (test) {
    if (test === 'unit' && /^(node:)?timers\b/.test(name)) report('ambient', `${name} in a test`)
    return
  }
  if (below === undefined) return
  if (/^inversify\b/.test(name) && !ports.inversify.test(below)) report('inversify', 'inversify outside its rooms')
  if (/^rxjs\b/.test(name) && ports.rxjs?.test(below) === false) report('rxjs', 'rxjs outside the control plane')
  if (isBuiltin(name) && ports.node?.test(below) === false) report('node', `${name} outside node-*.ts`)
}

function bannedGlobal({ pkg, below, test }: Place, file: string, { name }: Mention): boolean {
  const hit = (banned: readonly string[]): boolean => banned.some((b) => name === b || name.startsWith(`${b}.`))
  if (test === 'integration') return false
  if (test === 'unit') return !TEST_OF_PORT.test(file) && hit(AMBIENT_IN_TESTS)
  return pkg !== undefined && below !== undefined && !portsOf(pkg).ambient.test(below) && hit(AMBIENT)
}

function portsOf(pkg: string): Ports {
  return pkg === 'core' ? CORE : pkg === 'sim' ? SIM : ADAPTER
}

function placeOf(file: string): Place {
  const [, pkg, rest = ''] = /^packages\/([^/]+)\/(.*)$/.exec(file) ?? []
  const below = rest.startsWith('src/') ? rest.slice(4) : undefined
  const unit = file.endsWith('.test.ts') || rest.startsWith('test/')
  return { pkg, below, test: file.endsWith('.itest.ts') ? 'integration' : unit ? 'unit' : undefined }
}

function roomOf(below: string): string {
  return below.split('/')[0] ?? below
}

function floorFault(from: string, to: string): string | undefined {
  const [low, high] = [to, from].map((room) => CORE_FLOORS.findIndex((floor) => floor.includes(room))) as [
    number,
    number,
  ]
  if (high < 0 || low < 0) return `${high < 0 ? from : to} has no floor yet: give it one in tools/boundaries/laws.ts`
  if (from === to || low < high || (low === 0 && high === 0)) return undefined
  return low === high ? `${from} and ${to} share a floor` : `${to} lies above ${from}`
}

function resolve(file: string, name: string, files: ReadonlyMap<string, string>): string {
  const target = join(dirname(file), name)
  const source = target.replace(/\.js$/, '.ts')
  return files.has(source) ? source : target
}
