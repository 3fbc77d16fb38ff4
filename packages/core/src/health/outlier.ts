import type { Verdict } from '../call/classification.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import { DueLoop } from '../time/due-loop.ts'
import type { OutlierSlot } from './outlier-detector.ts'
import type { ResolvedOutlierOptions } from './outlier-options.ts'
import { dueAtMs, eject, forget, forgive, giveBack, mayEject } from './outlier-state.ts'

/** What the detector sees of the pipeline's row. */
export interface OutlierHost {
  readonly id: string
  readonly outlier: OutlierSlot
  /** Called when `outlier.isEjected` has changed. */
  refresh(): void
}

export interface OutlierParts {
  readonly clock: Clock
  readonly events: EventSink
  readonly service: string
}

/** Stands for an empty set; nobody is ever added to it. */
const NOBODY = new Set<OutlierHost>()

/**
 * Decides which endpoints of one target are ejected now. A result is judged on the call that brought it; returns, and
 * the forgiving of earlier ejections, wait for one wake-up that serves the whole target.
 *
 * What is known of an endpoint lies in its row, so it survives a short absence from the snapshot and goes with the row;
 * the detector holds the rows of the present snapshot and no others.
 */
export class OutlierDetector {
  readonly #parts: OutlierParts
  /** Made when somebody is watched: most targets of a large system never have an outlier. */
  #due: DueLoop | undefined = undefined
  #options: ResolvedOutlierOptions
  #hosts: readonly OutlierHost[] = []
  #ejected = 0
  /** Of the hosts, those that are ejected or whose ejections are not forgiven yet, in the order in which that began. */
  #watched: Set<OutlierHost> = NOBODY

  constructor(options: ResolvedOutlierOptions, parts: OutlierParts) {
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
      if (slot.isEjected) this.#ejected++
      if (slot.isEjected || slot.ejections > 0) this.#watch(host)
    }
    this.#keepMinimum()
  }

  /** An attempt has ended. */
  onResult(host: OutlierHost, verdict: Verdict, nowMs: number): void {
    const slot = host.outlier
    if (verdict === 'success') slot.consecutiveFailures = 0
    if (verdict !== 'failure') return
    slot.consecutiveFailures++
    if (slot.consecutiveFailures >= this.#options.consecutiveFailures && !slot.isEjected) this.#judge(host, nowMs)
  }

  /** Other numbers; who is ejected stays so, for as long as was said. */
  update(options: ResolvedOutlierOptions): void {
    this.#options = options
    for (const host of this.#watched) this.#watch(host)
    this.#keepMinimum()
  }

  /** Gives every ejected endpoint back, as when the policy takes the layer off. */
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

  #judge(host: OutlierHost, nowMs: number): void {
    const slot = host.outlier
    const failures = slot.consecutiveFailures
    // As Envoy: who cannot be ejected now has to fail as often again, or the next free place would be taken for
    // failures of long ago. A late result of an endpoint that has left ejects nobody either.
    slot.consecutiveFailures = 0
    if (!mayEject(this.#hosts.length, this.#ejected, this.#options) || !this.#hosts.includes(host)) return
    const ejectedForMs = eject(slot, this.#options, nowMs)
    this.#ejected++
    this.#watch(host)
    host.refresh()
    const why = `${failures} failures in a row; ejection ${slot.ejections} in a row, ${this.#ejected} of ${this.#hosts.length} ejected`
    this.#parts.events.emit({ type: 'endpointEjected', ...this.#about(host, nowMs), why, ejectedForMs })
  }

  #return(host: OutlierHost, why: string, nowMs: number): void {
    giveBack(host.outlier, nowMs)
    this.#ejected--
    host.refresh()
    this.#parts.events.emit({ type: 'endpointReturned', ...this.#about(host, nowMs), why })
  }

  #about(host: OutlierHost, atMs: number): { service: string; endpoint: string; atMs: number } {
    return { service: this.#parts.service, endpoint: host.id, atMs }
  }

  #watch(host: OutlierHost): void {
    const { clock, events } = this.#parts
    if (this.#watched === NOBODY) this.#watched = new Set()
    this.#watched.add(host)
    this.#due ??= new DueLoop(
      clock,
      (nowMs) => this.#onDue(nowMs),
      (error, atMs) => events.emit({ type: 'listenerFailed', atMs, error }),
    )
    this.#due.poke(dueAtMs(host.outlier, this.#options))
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
    return nextMs
  }
}
