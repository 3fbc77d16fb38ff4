import type { Instance } from '../endpoint/endpoint.ts'
import type { Random } from '../random/random.ts'
import { type StateCell, WritableCell } from '../state/state-cell.ts'
import type { EventSink, RegistrationEvent } from '../telemetry/events.ts'
import type { Clock } from '../time/clock.ts'
import { InstanceLostError } from './instance-lost-error.ts'
import { RegistrationLoop, type RegistrationSteps } from './registrar-loop.ts'
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
  readonly #loop: RegistrationLoop
  #selfCheck: SelfCheck | undefined = undefined
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
    const steps: RegistrationSteps = {
      register: (done) => registry.register(instance, ttlMs, done),
      heartbeat: (done) => this.#heartbeat(done),
      deregister: (done) => registry.deregister(instance, done),
      untilHeartbeat: (isFirst) => this.#untilHeartbeat(isFirst),
      untilRetry: (error) => this.#untilRetry(error),
      onRegistered: () => this.#onRegistered(),
      onFailure: (error) => this.#onFailure(error),
    }
    this.#loop = new RegistrationLoop(steps, heartbeatMs, ports.clock)
  }

  get cell(): StateCell<RegistrationState> {
    return this.#cell
  }

  /** Begins. A second call, or one after {@link close}, does nothing. */
  start(): void {
    if (this.#cell.value !== 'idle') return
    this.#cell.set('registering')
    this.#loop.start()
  }

  /**
   * Ends the heartbeats and takes the instance out. `done` is called when the registry has answered, or has not in the
   * time of a heartbeat. Where it has not done so it is asked again for `retryForMs` (none by default), or until
   * {@link giveUp}: who waits need not. After that the lease runs out by itself.
   */
  close(done: () => void = () => {}, retryForMs = 0): void {
    if (this.#cell.value === 'deregistered') {
      if (this.#waiting === undefined) done()
      else this.#waiting.push(done)
      return
    }
    const wasStarted = this.#cell.value !== 'idle'
    this.#selfCheck?.close()
    this.#waiting = [done]
    this.#cell.set('deregistered')
    this.#cell.complete()
    if (!wasStarted) return this.#endWaiting()
    this.#waits.reset()
    this.#loop.end((error) => this.#onDeregistered(error), this.#ports.clock.now() + retryForMs)
  }

  /** Whoever is not out by now leaves it to the lease. */
  giveUp(): void {
    if (this.#cell.value === 'deregistered') this.#loop.stop()
  }

  #heartbeat(done: RegistryAnswer): void {
    if (this.#selfCheck?.look() === true) done(new InstanceLostError(this.instance.id, this.#registry.name))
    else this.#registry.heartbeat(this.instance, this.#ttlMs, done)
  }

  /** Instances that started together fall out of step with the first heartbeat already. */
  #untilHeartbeat(isFirst: boolean): number {
    const drawn = this.#ports.random.stream(this.#name).next()
    return this.#heartbeatMs * (isFirst ? drawn : 1 + HEARTBEAT_JITTER * (2 * drawn - 1))
  }

  /** A registry that has just said that it lost us can be reached; it must only not hear of all of us at once. */
  #untilRetry(error: RegistryError): number {
    return error.isLost === true ? this.#waits.short() : this.#waits.next()
  }

  #onRegistered(): void {
    this.#waits.reset()
    this.#selfCheck ??= new SelfCheck(this.#registry, this.instance)
    this.#selfCheck.reset()
    this.#emit('instanceRegistered')
    this.#cell.set('registered')
  }

  #onFailure(error: RegistryError): void {
    const isNews = error.isLost === true || this.#cell.value !== 'failing'
    if (isNews) this.#emit(error.isLost === true ? 'registrationLost' : 'registrationFailed', error)
    this.#cell.set('failing')
  }

  #onDeregistered(error: Error | undefined): void {
    // That it failed is told once.
    if (error === undefined) this.#emit('instanceDeregistered')
    else if (this.#waiting !== undefined) this.#emit('registrationFailed', error)
    this.#endWaiting()
  }

  #endWaiting(): void {
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
