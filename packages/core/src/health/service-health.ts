import type { CheckSlot } from './check-state.ts'
import type { OutlierSlot } from './outlier-detector.ts'

/**
 * Decides what is to be thought of an endpoint when the witnesses differ. There are three, and this is their order:
 *
 * 1. its registration (the lease of the registry): `gone` once it has left, whatever else is known of it;
 * 2. active checks: `unhealthy` after `fall` failed ones;
 * 3. the traffic (outlier detection): `ejected`.
 *
 * The first that speaks against the endpoint names the state; the reasons of all are kept. Nobody's good word outweighs
 * another's bad one: a passed check does not return an ejected endpoint, since a grey failure answers its health page
 * (Envoy differs: `successful_active_health_check_uneject_host`), and successful calls do not overrule failed checks.
 * A witness in shadow is heard among the reasons and sets nobody aside.
 * Without anything against it an endpoint is `healthy`, or `unknown` where checks are made and have not said yet: used.
 */
export type EndpointState = 'healthy' | 'unknown' | 'ejected' | 'unhealthy' | 'gone'

export interface EndpointHealth {
  readonly id: string
  readonly state: EndpointState
  /** True for `healthy` and `unknown`. (An open circuit is the breaker's to tell.) */
  readonly isUsable: boolean
  /** What each witness says, in the order of precedence. */
  readonly reasons: readonly string[]
}

export interface ServiceHealth {
  readonly service: string
  /** Endpoints that are registered, and how many of them are usable. */
  readonly endpoints: number
  readonly usable: number
  /** Each of them, and those that have left a short while ago. */
  readonly byEndpoint: Readonly<Record<string, EndpointHealth>>
}

/** The evidence on one endpoint. */
export interface Evidence {
  readonly id: string
  /** When its registration ended; undefined while it lasts. */
  readonly leftAtMs: number | undefined
  /** Undefined where no checks are made. */
  readonly check: CheckSlot | undefined
  readonly outlier: OutlierSlot
}

export function endpointHealth({ id, leftAtMs, check, outlier }: Evidence): EndpointHealth {
  const reasons = [leftAtMs === undefined ? 'registered' : 'no longer registered']
  if (check !== undefined) reasons.push(`checks${inShadow(check)}: ${check.reason}`)
  if (outlier.isEjected) reasons.push(`traffic${inShadow(outlier)}: ejected, ${outlier.ejections} in a row`)
  const state = stateOf(leftAtMs, check, outlier)
  return Object.freeze({ id, state, isUsable: state === 'healthy' || state === 'unknown', reasons })
}

function inShadow({ isShadow }: { readonly isShadow: boolean }): string {
  return isShadow ? ' (in shadow)' : ''
}

function stateOf(leftAtMs: number | undefined, check: CheckSlot | undefined, outlier: OutlierSlot): EndpointState {
  if (leftAtMs !== undefined) return 'gone'
  if (check?.verdict === 'unhealthy' && !check.isShadow) return 'unhealthy'
  if (outlier.isEjected && !outlier.isShadow) return 'ejected'
  return check?.verdict === 'unknown' ? 'unknown' : 'healthy'
}

export function serviceHealth(service: string, all: Iterable<Evidence>): ServiceHealth {
  const byEndpoint: Record<string, EndpointHealth> = Object.create(null)
  let endpoints = 0
  let usable = 0
  for (const evidence of all) {
    const health = endpointHealth(evidence)
    byEndpoint[evidence.id] = health
    if (evidence.leftAtMs === undefined) endpoints++
    if (health.isUsable) usable++
  }
  return Object.freeze({ service, endpoints, usable, byEndpoint: Object.freeze(byEndpoint) })
}
