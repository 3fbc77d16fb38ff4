import type { Subscription } from 'rxjs'
import type { Instance } from '../endpoint/endpoint.ts'
import type { Random } from '../random/random.ts'
import { type StateCell, WritableCell } from '../state/state-cell.ts'
import type { EventSink, RegistrationEvent } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import { InstanceLostError } from './instance-lost-error.ts'
import { answerOf, keepRegistered, type RegistrationSteps } from './registrar-loop.ts'
import type { Registry, RegistryAnswer, RegistryError } from './registry.ts'
import { RetryWait } from './retry-wait.ts'
import { SelfCheck } from './self-check.ts'

export interface RegistrarPorts {
  readonly clock: Clock
  readonly random: Random
  readonly events: EventSink
}

export interface RegistrarOptions {
  /** How long the registry keeps the instance without a heartbeat. Default 15 s. */
  readonly ttlMs?: number
  /** Between heartbeats; drawn up or down by 20 %. Default a third of `ttlMs`: one may be lost, and another late. */
  readonly heartbeatMs?: number
  /** Waits before registering anew: first, and at most. Default 500 ms and 10 s. */
  readonly retryMs?: number
  readonly maxRetryMs?: number
}

/** `failing`: was refused, lost or not answered, and is tried again. */
export type RegistrationState = 'idle' | 'registering' | 'registered' | 'failing' | 'deregistered'

const HEARTBEAT_JITTER = 0.2

/**
 * Announces one instance in one registry and keeps its lease, for as long as it is not closed: there is no number of
 * failures after which it gives up, and no loss without an event (go-kratos/kratos#3464, zeromicro/go-zero#4201).
 *
 * An outage is told once, as `registrationFailed` or `registrationLost`; its end as `instanceRegistered`.
 */
export class Registrar {
  readonly instance: Instance
  readonly #registry: Registry
  readonly #ports: RegistrarPorts
  readonly #ttlMs: number
  readonly #heartbeatMs: number
  readonly #name: string
  readonly #waits: RetryWait
  readonly #cell: WritableCell<RegistrationState> = new WritableCell<RegistrationState>('idle')
  #loop: Subscription | undefined = undefined
  #selfCheck: SelfCheck | undefined = undefined
  #isFirstHeartbeat = true
  /** Who waits for the end of a deregistration that is under way. */
  #waiting: (() => void)[] | undefined = undefined

  constructor(instance: Instance, registry: Registry, ports: RegistrarPorts, options: RegistrarOptions = {}) {
    const { ttlMs = 15_000, heartbeatMs = ttlMs / 3, retryMs = 500, maxRetryMs = 10_000 } = options
    this.instance = instance
    this.#registry = registry
    this.#ports = ports
    this.#ttlMs = ttlMs
    this.#heartbeatMs = heartbeatMs
    this.#name = `registrar/${instance.service}/${instance.id}/${registry.name}`
    this.#waits = new RetryWait(retryMs, maxRetryMs, ports.random, this.#name)
  }

  get cell(): StateCell<RegistrationState> {
    return this.#cell
  }

  /** Begins. A second call, or one after {@link close}, does nothing. */
  start(): void {
    if (this.#cell.value !== 'idle') return
    this.#cell.set('registering')
    const steps: RegistrationSteps = {
      register: (done) => this.#registry.register(this.instance, this.#ttlMs, done),
      heartbeat: (done) => this.#heartbeat(done),
      onRegistered: () => this.#onRegistered(),
      onFailure: (error) => this.#onFailure(error),
      untilHeartbeat: () => this.#untilHeartbeat(),
      answerTimeoutMs: this.#heartbeatMs,
    }
    this.#loop = keepRegistered(steps, this.#ports.clock).subscribe()
    // Closed by somebody who heard of the registration: it may be answered inside `subscribe`.
    if (this.#isClosed) this.#loop.unsubscribe()
  }

  /**
   * Ends the heartbeats and takes the instance out. `done` is called when the registry has answered, or has not in the
   * time of a heartbeat: then the lease runs out by itself.
   */
  close(done: () => void = () => {}): void {
    if (this.#isClosed) {
      if (this.#waiting === undefined) done()
      else this.#waiting.push(done)
      return
    }
    const wasStarted = this.#cell.value !== 'idle'
    this.#loop?.unsubscribe()
    this.#selfCheck?.close()
    this.#waiting = [done]
    this.#cell.set('deregistered')
    this.#cell.complete()
    if (wasStarted) this.#deregister()
    else this.#end()
  }

  get #isClosed(): boolean {
    return this.#cell.value === 'deregistered'
  }

  #heartbeat(done: RegistryAnswer): void {
    if (this.#selfCheck?.look() === true) done(new InstanceLostError(this.instance.id, this.#registry.name))
    else this.#registry.heartbeat(this.instance, this.#ttlMs, done)
  }

  #onRegistered(): void {
    this.#waits.reset()
    this.#isFirstHeartbeat = true
    this.#selfCheck ??= new SelfCheck(this.#registry, this.instance)
    this.#selfCheck.reset()
    this.#cell.set('registered')
    this.#emit('instanceRegistered')
  }

  #onFailure(error: RegistryError): number {
    const isLost = error.isLost === true
    const isNews = isLost || this.#cell.value !== 'failing'
    this.#cell.set('failing')
    if (isNews) this.#emit(isLost ? 'registrationLost' : 'registrationFailed', error)
    // A registry that has just said that it lost us can be reached; it must only not hear of all of us at once.
    return isLost ? this.#waits.short() : this.#waits.next()
  }

  /** Instances that started together fall out of step with the first heartbeat already. */
  #untilHeartbeat(): number {
    const drawn = this.#ports.random.stream(this.#name).next()
    const isFirst = this.#isFirstHeartbeat
    this.#isFirstHeartbeat = false
    return this.#heartbeatMs * (isFirst ? drawn : 1 + HEARTBEAT_JITTER * (2 * drawn - 1))
  }

  #deregister(): void {
    const ask = (done: RegistryAnswer): void => this.#registry.deregister(this.instance, done)
    answerOf(ask, this.#heartbeatMs, this.#ports.clock).subscribe({
      complete: () => {
        this.#emit('instanceDeregistered')
        this.#end()
      },
      error: (error: Error) => {
        this.#emit('registrationFailed', error)
        this.#end()
      },
    })
  }

  #end(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const done of waiting) done()
  }

  #emit(type: RegistrationEvent['type'], error?: Error): void {
    const { service, id } = this.instance
    const { clock, events } = this.#ports
    events.emit({ type, service, endpoint: id, atMs: clock.now(), ...(error === undefined ? {} : { error }) })
  }
}
