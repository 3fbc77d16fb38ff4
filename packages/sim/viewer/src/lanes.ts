/** Breakers and ejections as lanes: who was in which state from when to when, out of the events. */
import type { RunEvent } from './detail.ts'

export type LaneState = 'open' | 'half-open' | 'ejected' | 'shedding' | 'panic' | 'down'

export interface Stretch {
  readonly state: LaneState
  readonly fromMs: number
  readonly untilMs: number
  readonly why: string
}

export interface Lane {
  /** `orders#4 > payments#2`. */
  readonly name: string
  /** The service it is about. */
  readonly service: string
  readonly kind: 'breaker' | 'ejection' | 'shedding' | 'panic' | 'instance'
  readonly stretches: readonly Stretch[]
  /** Time not spent in the ordinary state. */
  readonly troubledMs: number
}

/** Which events begin a state; null ends it. */
const TRANSITIONS: Readonly<Record<string, readonly [Lane['kind'], LaneState | null]>> = {
  circuitOpened: ['breaker', 'open'],
  circuitIsolated: ['breaker', 'open'],
  circuitHalfOpened: ['breaker', 'half-open'],
  circuitClosed: ['breaker', null],
  circuitReleased: ['breaker', null],
  endpointEjected: ['ejection', 'ejected'],
  endpointFailedChecks: ['ejection', 'ejected'],
  endpointReturned: ['ejection', null],
  endpointRecovered: ['ejection', null],
  sheddingStarted: ['shedding', 'shedding'],
  sheddingEnded: ['shedding', null],
  panicEntered: ['panic', 'panic'],
  panicLeft: ['panic', null],
  instanceExpired: ['instance', 'down'],
  instanceRestarted: ['instance', null],
}

interface Open {
  readonly kind: Lane['kind']
  readonly name: string
  readonly service: string
  readonly stretches: Stretch[]
  state: { readonly state: LaneState; readonly fromMs: number; readonly why: string } | undefined
}

/** The most troubled first. */
export function lanesOf(events: readonly RunEvent[], endMs: number): Lane[] {
  const lanes = new Map<string, Open>()
  for (const event of events) {
    const transition = TRANSITIONS[event.type]
    if (transition === undefined) continue
    const [kind, state] = transition
    const about =
      kind === 'instance'
        ? text(event.endpoint)
        : `${text(event.caller)} > ${text(event.endpoint) || text(event.service)}`
    const key = `${kind} ${about}`
    let lane = lanes.get(key)
    if (lane === undefined) {
      const service = text(event.service) || (about.split('#')[0] ?? '')
      lane = { kind, name: about, service, stretches: [], state: undefined }
      lanes.set(key, lane)
    }
    close(lane, event.atMs)
    lane.state = state === null ? undefined : { state, fromMs: event.atMs, why: text(event.why) }
  }
  const all = [...lanes.values()].map(({ kind, name, service, stretches, state }): Lane => {
    const whole = state === undefined ? stretches : [...stretches, { ...state, untilMs: endMs }]
    return { kind, name, service, stretches: whole, troubledMs: lengthOf(whole) }
  })
  return all.filter(({ stretches }) => stretches.length > 0).sort((a, b) => b.troubledMs - a.troubledMs)
}

/** Lanes of one kind and service that are troubled at an instant. */
export function troubledAt(lanes: readonly Lane[], service: string, ms: number): readonly Lane[] {
  return lanes.filter(
    (lane) => lane.service === service && lane.stretches.some(({ fromMs, untilMs }) => fromMs <= ms && ms < untilMs),
  )
}

function close(lane: Open, untilMs: number): void {
  if (lane.state === undefined) return
  lane.stretches.push({ ...lane.state, untilMs })
  lane.state = undefined
}

function lengthOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
