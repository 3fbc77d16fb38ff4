import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Random, RandomStream } from '../random/random.ts'
import type { EventSink } from '../telemetry/events.ts'
import type { ShadowHost } from '../telemetry/shadow-tally.ts'
import type { Clock } from '../time/clock.ts'
import { DueLoop } from '../time/due-loop.ts'
import { afterCheck, afterWord, type CheckEffect, type CheckSlot, nextIntervalMs } from './check-state.ts'
import type { HealthChecker, HealthResult } from './health-checker.ts'
import type { ResolvedHealthOptions } from './health-options.ts'

/** What the loop sees of the pipeline's row. */
export interface CheckedHost {
  readonly id: string
  readonly endpoint: Endpoint
  readonly check: CheckSlot
  /** Called when `check.verdict` has changed. */
  refresh(): void
}

export interface CheckParts {
  readonly clock: Clock
  readonly random: Random
  readonly events: EventSink
  readonly checker: HealthChecker
  readonly service: string
  /** Told in shadow of each endpoint that would have been set aside. */
  readonly host?: ShadowHost | undefined
  /** Called when what is known of an endpoint has changed, after its row knows. */
  readonly onChange?: (() => void) | undefined
}

/** The options of checks, and whether they only watch. */
type CheckPolicy = ResolvedHealthOptions & { readonly isShadow?: true }

const NEVER = Number.POSITIVE_INFINITY

/**
 * Decides when each endpoint of one target is asked: one wake-up serves them all, at the earliest instant that one is
 * due. An endpoint is never asked twice at once, and one that has left the snapshot not at all; what was known of it
 * stays in its row, and it is asked at once when it comes back.
 *
 * Who passes a check and can be listened to (gRPC's Watch) is, beside being asked: what it says counts at once. It is
 * still asked, since a connection whose other end is gone is silent like an endpoint that is well.
 *
 * The first question comes within the jitter of an interval, so that a thousand clients that start together do not ask
 * together.
 */
export class CheckLoop {
  readonly #parts: CheckParts
  readonly #random: RandomStream
  readonly #due: DueLoop
  #options: CheckPolicy
  #hosts: readonly CheckedHost[] = []
  #isClosed = false

  constructor(options: CheckPolicy, parts: CheckParts) {
    this.#options = options
    this.#parts = parts
    this.#random = parts.random.stream(`health/${parts.service}`)
    this.#due = new DueLoop(
      parts.clock,
      (nowMs) => this.#onDue(nowMs),
      (error, atMs) => parts.events.emit({ type: 'listenerFailed', atMs, error }),
    )
  }

  /** Takes over the rows of a snapshot. */
  setHosts(hosts: readonly CheckedHost[]): void {
    const stays = new Set(hosts)
    for (const host of this.#hosts) if (!stays.has(host)) stop(host.check)
    this.#hosts = hosts
    const nowMs = this.#parts.clock.now()
    const { jitter, intervalMs } = this.#options
    for (const host of hosts) {
      const { check } = host
      this.#mark(host)
      if (check.dueAtMs !== NEVER || check.underWay !== undefined) continue
      check.dueAtMs = nowMs + jitter * intervalMs * this.#random.next()
      this.#due.poke(check.dueAtMs)
    }
  }

  /** Other numbers count from each endpoint's next check on. */
  update(options: CheckPolicy): void {
    const before = JSON.stringify(this.#options.probe)
    this.#options = options
    for (const host of this.#hosts) this.#mark(host)
    if (JSON.stringify(options.probe) === before) return
    // What is listened to answers another question.
    for (const { check } of this.#hosts) unwatch(check)
  }

  /** Asks nobody any more. What was found stays: see the row. */
  close(): void {
    this.#isClosed = true
    this.#due.close()
    for (const host of this.#hosts) stop(host.check)
    this.#hosts = []
  }

  #onDue(nowMs: number): number {
    let nextMs = NEVER
    for (const host of this.#hosts) {
      if (host.check.dueAtMs <= nowMs) this.#ask(host, nowMs)
      if (host.check.dueAtMs < nextMs) nextMs = host.check.dueAtMs
    }
    return nextMs
  }

  #ask(host: CheckedHost, nowMs: number): void {
    const { check } = host
    const { probe, timeoutMs } = this.#options
    check.startedAtMs = nowMs
    check.dueAtMs = NEVER
    let isTold = false
    const told = (result: HealthResult): void => {
      // Of a check that was called off, or told a second time, nothing is heard.
      if (isTold || check.underWay !== asked) return
      isTold = true
      check.underWay = undefined
      if (!this.#isClosed && this.#hosts.includes(host)) this.#onResult(host, result)
    }
    let asked: Disposable | undefined
    try {
      asked = this.#parts.checker.check(host.endpoint, probe, timeoutMs, told)
      if (!isTold) check.underWay = asked
    } catch (error) {
      told({ isHealthy: undefined, reason: `could not be asked: ${String(error)}` })
    }
  }

  #onResult(host: CheckedHost, result: HealthResult): void {
    const { check } = host
    const { isHealthy } = result
    const { rise, fall } = this.#options
    const before = check.verdict
    const effect = isHealthy === undefined ? 'expected' : afterCheck(check, isHealthy, this.#options)
    this.#plan(check, effect, isHealthy ?? before !== 'unhealthy')
    const seen = isHealthy ? `${rise} checks passed in a row` : `${fall} checks failed in a row`
    this.#note(host, effect, before === 'unknown', result, seen)
    // Who was told of it may have closed the loop, or changed the list.
    if (isHealthy && check.dueAtMs !== NEVER) this.#listen(host)
  }

  #plan(check: CheckSlot, effect: CheckEffect, isHealthy: boolean): void {
    const lengthMs = nextIntervalMs(effect, isHealthy, this.#options, this.#random.next())
    check.dueAtMs = Math.max(this.#parts.clock.now(), check.startedAtMs + lengthMs)
    this.#due.poke(check.dueAtMs)
  }

  #note(
    host: CheckedHost,
    effect: CheckEffect,
    wasUnknown: boolean,
    { isHealthy, reason }: HealthResult,
    seen: string,
  ): void {
    const { clock, events, onChange, service } = this.#parts
    host.check.reason = reason
    if (effect !== 'changed') return
    if (!host.check.isShadow) host.refresh()
    onChange?.()
    if (wasUnknown && isHealthy) return
    const { isShadow } = this.#options
    if (isShadow && !isHealthy) this.#parts.host?.shadow.count('failed-checks')
    const type = isHealthy ? 'endpointRecovered' : 'endpointFailedChecks'
    events.emit({
      type,
      service,
      endpoint: host.id,
      atMs: clock.now(),
      why: `${seen}: ${reason}`,
      ...(isShadow && { isShadow }),
    })
  }

  /** The row is to know whether what is found of it counts. */
  #mark(host: CheckedHost): void {
    const { check } = host
    const isShadow = this.#options.isShadow === true
    if (check.isShadow === isShadow) return
    check.isShadow = isShadow
    if (check.verdict === 'unhealthy') host.refresh()
  }

  // ---- listening ----

  #listen(host: CheckedHost): void {
    const { check, endpoint } = host
    const { checker, clock } = this.#parts
    if (!check.canWatch || check.watch !== undefined || checker.watch === undefined) return
    let isOver = false
    const handle: Disposable = { [Symbol.dispose]: () => listening?.[Symbol.dispose]() }
    check.watch = handle
    check.watchedSinceMs = clock.now()
    let listening: Disposable | undefined
    try {
      listening = checker.watch(endpoint, this.#options.probe, {
        onResult: (result) => {
          if (check.watch === handle) this.#onWord(host, result)
        },
        onEnd: (canWatch) => {
          isOver = true
          if (check.watch === handle) this.#onSilence(check, canWatch)
        },
      })
    } catch {
      listening = undefined
    }
    // It was stopped within what it has just said.
    if (check.watch !== handle) return listening?.[Symbol.dispose]()
    if (listening !== undefined || isOver) return
    check.watch = undefined
    check.canWatch = false
  }

  /** A question that is under way was asked before it. */
  #onWord(host: CheckedHost, result: HealthResult): void {
    const { check } = host
    const { isHealthy } = result
    if (isHealthy === undefined) return
    const wasUnknown = check.verdict === 'unknown'
    const effect = afterWord(check, isHealthy)
    check.underWay?.[Symbol.dispose]()
    check.underWay = undefined
    check.startedAtMs = this.#parts.clock.now()
    this.#plan(check, 'expected', isHealthy)
    this.#note(host, effect, wasUnknown, result, 'it says so')
  }

  /** A connection that was lost is noticed here first: it is asked at once, but once an interval at most. */
  #onSilence(check: CheckSlot, canWatch: boolean): void {
    check.watch = undefined
    check.canWatch = canWatch
    const nowMs = this.#parts.clock.now()
    const isAsked = check.underWay !== undefined || check.dueAtMs === NEVER
    if (!canWatch || isAsked || nowMs - check.watchedSinceMs < this.#options.intervalMs) return
    check.dueAtMs = nowMs
    this.#due.poke(nowMs)
  }
}

function stop(check: CheckSlot): void {
  check.underWay?.[Symbol.dispose]()
  check.underWay = undefined
  check.dueAtMs = NEVER
  unwatch(check)
}

function unwatch(check: CheckSlot): void {
  const { watch } = check
  check.watch = undefined
  check.canWatch = true
  watch?.[Symbol.dispose]()
}
