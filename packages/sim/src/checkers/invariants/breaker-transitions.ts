import type { RunEvent } from '../../recording/run-document.ts'
import type { Invariant, InvariantContext } from './invariant.ts'

/** By event: from which states a circuit may go there, and where that is. */
const LEGAL: Readonly<Record<string, readonly [from: readonly string[], to: string]>> = {
  circuitOpened: [['closed', 'half-open'], 'open'],
  circuitHalfOpened: [['open'], 'half-open'],
  circuitClosed: [['half-open'], 'closed'],
  circuitIsolated: [['closed', 'open', 'half-open'], 'isolated'],
  circuitReleased: [['isolated'], 'closed'],
}

const UNKNOWN = 'unknown'

/** Circuits go from closed to open, from there to half-open, from there to one of the two, and no other way. */
export function breakerTransitions(context: InvariantContext): Invariant {
  /** By caller, service and endpoint; what is not there is closed. */
  const states = new Map<string, string>()
  return {
    onEvent(event) {
      const { type, caller, service, endpoint } = event
      if (type === 'instanceRestarted' || type === 'instanceExpired') return forget(states, String(endpoint))
      const rule = LEGAL[type]
      if (rule === undefined) return
      const [from, to] = rule
      const circuit = circuitOf(event)
      const before = states.get(circuit) ?? 'closed'
      states.set(circuit, to)
      if (before === UNKNOWN || from.includes(before)) return
      const why = `${type} while it was ${before}`
      context.broken({ subject: `${caller}>${endpoint ?? service}`, why })
    },
  }
}

function circuitOf({ caller, service, endpoint }: RunEvent): string {
  return `${caller} ${service} ${endpoint ?? ''}`
}

/** A new life begins with new circuits. Whether others have kept theirs of it, who lost sight of it, nobody tells. */
function forget(states: Map<string, string>, name: string): void {
  for (const circuit of states.keys()) {
    if (circuit.startsWith(`${name} `)) states.delete(circuit)
    else if (circuit.endsWith(` ${name}`)) states.set(circuit, UNKNOWN)
  }
}
