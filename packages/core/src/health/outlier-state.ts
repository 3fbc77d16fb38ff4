import type { OutlierSlot } from './outlier-detector.ts'
import type { ResolvedOutlierOptions } from './outlier-options.ts'

/**
 * Decides whether an endpoint that keeps failing is taken out of the traffic, and for how long. The rules are those of
 * Envoy's outlier detection (api/envoy/config/cluster/v3/outlier_detection.proto): the ejection time is the base times the number of ejections in a row, up to a maximum, and that number falls by one
 * with each interval the endpoint stays in.
 *
 * Two rules are ours, for small services, where Envoy's share rounds to nothing or takes the last endpoint
 * (envoyproxy/envoy#3263, #26877): unless the share is 0, one endpoint may always be ejected; and never so many that
 * fewer than `minHealthy` are left.
 */

/** May one endpoint more be ejected, where `ejected` of `hosts` are? */
export function mayEject(hosts: number, ejected: number, options: ResolvedOutlierOptions): boolean {
  if (options.maxEjected === 0 || hosts - ejected - 1 < options.minHealthy) return false
  // 0.29 * 100 is a little less than 29; the share as it was written counts.
  const allowed = Math.max(1, Math.floor(hosts * options.maxEjected + 1e-9))
  return ejected < allowed
}

/** Counts how an attempt ended, among the calls of `interval`. */
export function count(slot: OutlierSlot, isFailure: boolean, interval: number): void {
  if (slot.interval !== interval) {
    slot.interval = interval
    slot.calls = 0
    slot.failures = 0
  }
  slot.calls++
  if (isFailure) {
    slot.failures++
    slot.consecutiveFailures++
  } else slot.consecutiveFailures = 0
}

/**
 * After a failure: true where it makes `consecutiveFailures` in a row, and takes the row. Whoever is told starts anew, as in Envoy: who cannot be
 * ejected now has to fail as often again, or the next free place would be taken for failures of long ago.
 */
export function takeRow(slot: OutlierSlot, consecutiveFailures: number): boolean {
  if (slot.consecutiveFailures < consecutiveFailures || slot.isEjected) return false
  slot.consecutiveFailures = 0
  return true
}

/** Counts one more ejection in a row and answers how long this one lasts. Counts no further than time can grow. */
export function eject(slot: OutlierSlot, options: ResolvedOutlierOptions, nowMs: number): number {
  if (slot.ejections * options.baseEjectionMs < options.maxEjectionMs) slot.ejections++
  const ejectedForMs = Math.min(slot.ejections * options.baseEjectionMs, options.maxEjectionMs)
  slot.isEjected = true
  slot.consecutiveFailures = 0
  slot.returnsAtMs = nowMs + ejectedForMs
  return ejectedForMs
}

/** Lets an endpoint back in, with nothing counted against it but the number of its ejections. */
export function giveBack(slot: OutlierSlot, nowMs: number): void {
  slot.isEjected = false
  slot.consecutiveFailures = 0
  slot.returnsAtMs = nowMs
}

/** When time alone changes something about the slot: it returns, or one ejection less counts. */
export function dueAtMs(slot: OutlierSlot, options: ResolvedOutlierOptions): number {
  if (slot.isEjected) return slot.returnsAtMs
  return slot.ejections === 0 ? Number.POSITIVE_INFINITY : slot.returnsAtMs + options.intervalMs
}

/** One interval without an ejection has passed since the return, or since the interval before. */
export function forgive(slot: OutlierSlot, options: ResolvedOutlierOptions): void {
  slot.ejections--
  slot.returnsAtMs += options.intervalMs
}

/** An endpoint nothing is known against. */
export function forget(slot: OutlierSlot): void {
  slot.consecutiveFailures = 0
  slot.calls = 0
  slot.failures = 0
  slot.ejections = 0
  slot.isEjected = false
  slot.returnsAtMs = 0
}
