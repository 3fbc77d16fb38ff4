/**
 * Swarm testing: each seed draws a random subset of the kinds of fault, and of those some faults. A little of every kind
 * at once hides what two of them do to each other. What is drawn is data as anybody would write it, so that it can be
 * kept, shrunk and run again without the draw.
 */
import { durationText, integer, type Place, printed, record, SeededRandom } from '@seakeep/core/spi'
import type { CallGraph } from '../call-graph.ts'
import type { ResolvedService, ResolvedWorkload } from '../resolved-scenario.ts'
import { unknownWord } from '../said.ts'
import { SwarmDraw, type SwarmTargets } from './swarm-draw.ts'
import { SWARM_KINDS, type SwarmKind, type SwarmKindRule } from './swarm-kinds.ts'

export interface Swarmed {
  readonly services: readonly ResolvedService[]
  readonly workloads: readonly ResolvedWorkload[]
  readonly graph: CallGraph
  readonly durationMs: number
  readonly warmupMs: number
  readonly seed: number
}

export type DrawnFault = Readonly<Record<string, unknown>>

const NAMES = Object.keys(SWARM_KINDS) as SwarmKind[]
const count = integer({ min: 1, max: 100 })

/** The faults of this seed, in the order of time. `input` is what the scenario says of its swarm; `true` for nothing. */
export function drawSwarm(input: unknown, at: Place, swarmed: Swarmed): readonly DrawnFault[] {
  const { kinds, least, most } = readSwarm(input === true ? {} : input, at)
  const targets = targetsOf(swarmed)
  const possible = kinds.filter((kind) => SWARM_KINDS[kind]?.canStrike?.(targets) ?? true)
  if (possible.length === 0) throw at.at('kinds').error(`${kinds.join(', ')}: nothing in the topology can be struck so`)
  const random = new SeededRandom(swarmed.seed >>> 0, `swarm/${swarmed.seed}`)
  // A kind's coin is its own, so that another kind of fault, which a later version has, leaves it where it lies.
  const some = possible.filter((kind) => random.stream(`kind/${kind}`).next() < 0.5)
  const among = random.stream('swarm')
  const one = possible[Math.floor(among.next() * possible.length)] as SwarmKind
  const chosen = some.length > 0 ? some : [one]
  const number = least + Math.floor(among.next() * (most - least + 1))
  const faults = Array.from({ length: number }, (_, i) => {
    const draw = new SwarmDraw(targets, random.stream(`fault/${i}`))
    const kind = draw.pick(chosen)
    const atMs = swarmed.warmupMs + draw.beginMs()
    return { atMs, kind, given: (SWARM_KINDS[kind] as SwarmKindRule).draw(draw) }
  })
  return faults
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ atMs, kind, given }) => ({ at: durationText(atMs), [kind]: given }))
}

interface Read {
  readonly kinds: readonly SwarmKind[]
  readonly least: number
  readonly most: number
}

const anything = { suffix: '' as const, isRequired: false, expected: 'anything' }
const SWARM = record({
  kinds: { ...anything, resolve: (input: unknown) => input, normalize: (input: unknown) => input, schema: () => ({}) },
  faults: { ...anything, resolve: (input: unknown) => input, normalize: (input: unknown) => input, schema: () => ({}) },
})

function readSwarm(input: unknown, at: Place): Read {
  const { kinds, faults = [1, 4] } = SWARM.resolve(input, at)
  return { kinds: readKinds(kinds, at.at('kinds')), ...readCount(faults, at.at('faults')) }
}

function readKinds(input: unknown, at: Place): readonly SwarmKind[] {
  if (input === undefined) return NAMES
  if (!Array.isArray(input) || input.length === 0) {
    throw at.error(`${printed(input)} is not allowed; a list of ${NAMES.join(', ')}`)
  }
  return input.map((kind: unknown, i) => {
    if (NAMES.includes(kind as SwarmKind)) return kind as SwarmKind
    throw unknownWord(at.at(i), `${printed(kind)} is no kind that is drawn`, String(kind), NAMES)
  })
}

function readCount(input: unknown, at: Place): { readonly least: number; readonly most: number } {
  if (!Array.isArray(input)) {
    const number = count.resolve(input, at)
    return { least: number, most: number }
  }
  if (input.length !== 2) throw at.error(`${printed(input)} is not allowed; a number, or two as [1, 4]`)
  const [least, most] = input.map((one: unknown, i) => count.resolve(one, at.at(i))) as [number, number]
  if (most < least) throw at.error(`[${least}, ${most}] is not allowed; the second is the most`)
  return { least, most }
}

function targetsOf({ services, workloads, graph, durationMs, warmupMs }: Swarmed): SwarmTargets {
  const names = services.map(({ name }) => name)
  const namesOf = (those: (service: ResolvedService) => boolean): string[] =>
    services.filter(those).map(({ name }) => name)
  const operations = services.flatMap(({ operations }) => [...operations.values()])
  return {
    services: names,
    instances: services.flatMap(({ name, replicas }) => Array.from({ length: replicas }, (_, i) => `${name}#${i + 1}`)),
    zones: [...new Set(services.flatMap(({ zones }) => zones))],
    edges: graph.parties.flatMap((from) => (graph.calleesOf(from) ?? []).map((to) => `${from}>${to}`)),
    called: [...new Set(workloads.flatMap(({ to }) => to.map(({ service }) => service)))],
    limited: namesOf(({ concurrency }) => concurrency !== Number.POSITIVE_INFINITY),
    cached: namesOf(({ operations }) => [...operations.values()].some(({ cache }) => cache !== undefined)),
    hasLengths: operations.some(({ requestBytes = 0, responseBytes = 0 }) => requestBytes + responseBytes > 0),
    timeMs: durationMs - warmupMs,
  }
}
