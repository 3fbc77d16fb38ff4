import type { Verdict } from '../call/classification.ts'
import type { Random, RandomStream } from '../random/random.ts'
import type { EndpointEvent, EventSink } from '../telemetry/events.ts'
import type { ShadowHost } from '../telemetry/shadow-tally.ts'
import type { Clock } from '../time/clock.ts'
import { DueLoop } from '../time/due-loop.ts'
import type { OutlierSlot } from './outlier-detector.ts'
import type { ResolvedOutlierOptions } from './outlier-options.ts'
import { count, dueAtMs, eject, forget, forgive, giveBack, mayEject, takeRow } from './outlier-state.ts'
import { compare, digits, isJudged, successRateOf } from './outlier-statistics.ts'

/** What the detector sees of the pipeline's row. */
export interface OutlierHost {
  readonly id: string
  readonly outlier: OutlierSlot
  /** Called when `outlier.isEjected` has changed. */
  refresh(): void
}

export interface OutlierParts {
  readonly clock: Clock
  readonly random: Random
  readonly events: EventSink
  readonly service: string
  /** Told in shadow of each endpoint that would have been ejected. */
  readonly host?: ShadowHost | undefined
  /** Called when an endpoint was ejected or has returned, after its row knows. */
  readonly onChange?: (() => void) | undefined
}

/** The options of a detector, and whether it only watches. */
type OutlierPolicy = ResolvedOutlierOptions & { readonly isShadow?: true }

/** Stands for an empty set; nobody is ever added to it. */
const NOBODY = new Set<OutlierHost>()

/**
 * Decides which endpoints of one target are ejected now. Failures in a row are judged on the call that brought them; the
 * comparing of rates at the end of an interval, returns, and the forgiving of earlier ejections wait for one wake-up that
 * serves the whole target. An interval begins with the first call after the one before: without calls there is no timer.
 *
 * What is known of an endpoint lies in its row, so it survives a short absence from the snapshot and goes with the row;
 * the detector holds the rows of the present snapshot and no others.
 *
 * In shadow it judges as ever, and its slots say so: whoever reads them ignores what they say.
 */
export class OutlierDetector {
  // The first four are read with every attempt: they lie in one line of the cache.
  /** The number of the present interval, whether a call has begun it, and when it ends. */
  #interval = 0
  #isBegun = false
  #options: OutlierPolicy
  readonly #parts: OutlierParts
  #endsAtMs = Number.POSITIVE_INFINITY
  /** Made when there is something to wait for: most targets of a large system are hardly called. */
  #due: DueLoop | undefined = undefined
  #hosts: readonly OutlierHost[] = []
  #ejected = 0
  #random: RandomStream | undefined = undefined
  /** Of the hosts, those that are ejected or whose ejections are not forgiven yet, in the order in which that began. */
  #watched: Set<OutlierHost> = NOBODY

  constructor(options: OutlierPolicy, parts: OutlierParts) {
    this.#options = options
    this.#parts = parts
  }

  get ejectedCount(): number {
    return this.#ejected
  }

  /** Takes over the rows of a snapshot. Who has left is let go of; who comes back still ejected stays so to the end. */
  setHosts(hosts: readonly OutlierHost[]): void {
    this.#hosts = hosts
    this.#watched.clear()
    this.#ejected = 0
    for (const host of hosts) {
      const slot = host.outlier
      this.#mark(host)
      if (slot.isEjected) this.#ejected++
      if (slot.isEjected || slot.ejections > 0) this.#watch(host)
    }
    this.#keepMinimum()
  }

  /** An attempt has ended. */
  onResult(host: OutlierHost, verdict: Verdict, nowMs: number): void {
    if (verdict === 'ignored') return
    count(host.outlier, verdict === 'failure', this.#interval)
    if (!this.#isBegun) this.#begin(nowMs)
    if (verdict === 'failure') this.#judge(host, nowMs)
  }

  /** By its failures in a row. */
  #judge(host: OutlierHost, nowMs: number): void {
    const { consecutiveFailures = Number.POSITIVE_INFINITY, enforceConsecutive } = this.#options
    if (!takeRow(host.outlier, consecutiveFailures) || !this.#enforces(enforceConsecutive)) return
    this.#eject(host, `${consecutiveFailures} failures in a row`, nowMs)
  }

  /** Other numbers; who is ejected stays so, for as long as was said. */
  update(options: OutlierPolicy): void {
    this.#options = options
    for (const host of this.#hosts) this.#mark(host)
    for (const host of this.#watched) this.#watch(host)
    this.#keepMinimum()
  }

  /** Gives every ejected endpoint of the snapshot back, as when the policy takes the layer off. */
  returnAll(why: string): void {
    const nowMs = this.#parts.clock.now()
    for (const host of this.#watched) {
      if (host.outlier.isEjected) this.#return(host, why, nowMs)
      forget(host.outlier)
    }
    this.#watched.clear()
  }

  /** Ends the watching. Whoever is ejected stays so: see {@link returnAll}. */
  close(): void {
    this.#due?.close()
    this.#watched.clear()
    this.#hosts = []
  }

  /** Nobody is ejected by a late result who has left the snapshot. */
  #eject(host: OutlierHost, what: string, nowMs: number): void {
    if (!mayEject(this.#hosts.length, this.#ejected, this.#options) || !this.#hosts.includes(host)) return
    if (this.#options.isShadow) this.#parts.host?.shadow.count('ejected')
    const slot = host.outlier
    const ejectedForMs = eject(slot, this.#options, nowMs)
    this.#ejected++
    this.#watch(host)
    if (!host.outlier.isShadow) host.refresh()
    this.#parts.onChange?.()
    const why = `${what}; ejection ${slot.ejections} in a row, ${this.#ejected} of ${this.#hosts.length} ejected`
    this.#parts.events.emit({ type: 'endpointEjected', ...this.#about(host, nowMs), why, ejectedForMs })
  }

  /** Begins an interval, where there is anything to compare at its end. */
  #begin(nowMs: number): void {
    const { successRate, failurePercentage, intervalMs } = this.#options
    if (successRate === undefined && failurePercentage === undefined) return
    this.#isBegun = true
    this.#endsAtMs = nowMs + intervalMs
    this.#wakeAt(this.#endsAtMs)
  }

  #endInterval(nowMs: number): void {
    const interval = this.#interval++
    this.#isBegun = false
    this.#endsAtMs = Number.POSITIVE_INFINITY
    const { successRate, failurePercentage } = this.#options
    const slots = this.#hosts.map((host) => host.outlier)
    const { leastSuccessRate, successRateText, mostFailures } = compare(slots, interval, this.#options)
    for (const host of this.#hosts) {
      const slot = host.outlier
      if (slot.interval !== interval || slot.isEjected) continue
      const rate = successRateOf(slot)
      if (successRate !== undefined && rate < leastSuccessRate && isJudged(slot, interval, successRate)) {
        const what = `success rate ${digits(rate)} of ${slot.calls} calls (${successRateText})`
        if (this.#enforces(successRate.enforce)) this.#eject(host, what, nowMs)
      }
      if (failurePercentage === undefined || slot.isEjected) continue
      if (slot.failures / slot.calls < mostFailures || !isJudged(slot, interval, failurePercentage)) continue
      const what = `${slot.failures} of ${slot.calls} calls failed (threshold ${mostFailures})`
      if (this.#enforces(failurePercentage.enforce)) this.#eject(host, what, nowMs)
    }
  }

  /** A detection that is not enforced is none; chance is asked only where it decides. */
  #enforces(share: number): boolean {
    if (share >= 1) return true
    this.#random ??= this.#parts.random.stream(`outlier/${this.#parts.service}`)
    return this.#random.next() < share
  }

  #return(host: OutlierHost, why: string, nowMs: number): void {
    giveBack(host.outlier, nowMs)
    this.#ejected--
    if (!host.outlier.isShadow) host.refresh()
    this.#parts.onChange?.()
    this.#parts.events.emit({ type: 'endpointReturned', ...this.#about(host, nowMs), why })
  }

  #about(host: OutlierHost, atMs: number): Pick<EndpointEvent, 'service' | 'endpoint' | 'atMs' | 'isShadow'> {
    const about = { service: this.#parts.service, endpoint: host.id, atMs }
    return this.#options.isShadow ? { ...about, isShadow: true } : about
  }

  /** The row is to know whether what is found of it counts. */
  #mark(host: OutlierHost): void {
    const slot = host.outlier
    const isShadow = this.#options.isShadow === true
    if (slot.isShadow === isShadow) return
    slot.isShadow = isShadow
    if (slot.isEjected) host.refresh()
  }

  #watch(host: OutlierHost): void {
    if (this.#watched === NOBODY) this.#watched = new Set()
    this.#watched.add(host)
    this.#wakeAt(dueAtMs(host.outlier, this.#options))
  }

  #wakeAt(atMs: number): void {
    const { clock, events } = this.#parts
    this.#due ??= new DueLoop(
      clock,
      (nowMs) => this.#onDue(nowMs),
      (error, errorAtMs) => events.emit({ type: 'listenerFailed', atMs: errorAtMs, error }),
    )
    this.#due.poke(atMs)
  }

  /** A service that shrinks, or other numbers, can leave too few: the ejected one that is due first comes back early. */
  #keepMinimum(): void {
    const { minHealthy } = this.#options
    while (this.#ejected > 0 && this.#hosts.length - this.#ejected < minHealthy) {
      let first: OutlierHost | undefined
      for (const host of this.#watched) {
        if (!host.outlier.isEjected) continue
        if (first === undefined || host.outlier.returnsAtMs < first.outlier.returnsAtMs) first = host
      }
      if (first === undefined) return
      this.#return(
        first,
        `fewer than ${minHealthy} of ${this.#hosts.length} endpoints were left`,
        this.#parts.clock.now(),
      )
      this.#watch(first)
    }
  }

  #onDue(nowMs: number): number {
    const options = this.#options
    let nextMs = Number.POSITIVE_INFINITY
    for (const host of this.#watched) {
      const slot = host.outlier
      if (slot.isEjected && nowMs >= slot.returnsAtMs) this.#return(host, 'its ejection time is over', nowMs)
      while (!slot.isEjected && nowMs >= dueAtMs(slot, options)) forgive(slot, options)
      const dueMs = dueAtMs(slot, options)
      if (dueMs === Number.POSITIVE_INFINITY) this.#watched.delete(host)
      else if (dueMs < nextMs) nextMs = dueMs
    }
    if (nowMs >= this.#endsAtMs) this.#endInterval(nowMs)
    return Math.min(nextMs, this.#endsAtMs)
  }
}
