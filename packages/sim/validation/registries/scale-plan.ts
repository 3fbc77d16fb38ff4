// What the processes of the measurement tell each other. Times are `now()` of this file, which all of them share.
import type { RegistryName } from './fault.ts'

export interface ScalePlan {
  readonly registry: RegistryName
  /** Where the client asks. */
  readonly address: string
  /** Where instances register; they are dealt out among these. */
  readonly agents: readonly string[]
  /** Of the registrations. */
  readonly leaseMs: number
  readonly services: number
  /** Of each service. */
  readonly instances: number
  /** How many of the services the client watches. */
  readonly watched: number
}

/** The servers of the measurement. */
export interface Farm extends AsyncDisposable {
  readonly address: string
  readonly agents: readonly string[]
}

/** To the process that holds the registrations: one more instance, of this service. */
export interface FleetOrder {
  readonly service: string
  readonly id: string
}
/** From it. */
export type FleetReport =
  | { readonly type: 'registered'; readonly tookMs: number }
  /** The order was carried out. */
  | { readonly type: 'added'; readonly id: string; readonly atMs: number }
  /** Once a second, of that second: heartbeats that were answered, and registrations that were refused or lost. */
  | { readonly type: 'second'; readonly heartbeats: number; readonly failures: number }

/** From the process that watches. */
export type ClientReport =
  | { readonly type: 'known'; readonly tookMs: number; readonly cpuMs: number }
  /** After a while in which nothing changed. */
  | { readonly type: 'quiet'; readonly cpuShare: number; readonly heapBytes: number }
  | { readonly type: 'seen'; readonly id: string; readonly atMs: number }

export function serviceName(number: number): string {
  return `service-${String(number).padStart(4, '0')}`
}

/** The instance that comes to a service while so many are watched. */
export function addedId(service: string, watched: number): string {
  return `${service}-added-${watched}`
}

export function now(): number {
  return performance.timeOrigin + performance.now()
}
