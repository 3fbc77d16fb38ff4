import type { Instance } from '@seakeep/core'
import {
  type AdapterPorts,
  asError,
  InstanceLostError,
  type RegistryAnswer,
  type RegistryError,
  type Timer,
} from '@seakeep/core/spi'
import type { ConsulClient, ConsulResult } from './consul-client.ts'
import { ConsulError } from './consul-errors.ts'
import type { ResolvedConsulOptions } from './consul-options.ts'
import { LEAVING } from './health-answer.ts'
import { checkIdOf, consulIdOf, registrationOf } from './instance-record.ts'
import { later } from './later.ts'

/**
 * Writes instances into the agent: a service with a TTL check, which heartbeats pass.
 *
 * Goodbye is said in two steps: the check is failed with a word that watchers know, which takes the instance from
 * everybody's lists, those of DNS and of other clients too; when that could be seen, it is deregistered. One that is
 * merely absent may as well have been forgotten by its agent.
 */
export class Registrations {
  readonly #client: ConsulClient
  readonly #options: ResolvedConsulOptions
  readonly #ports: AdapterPorts
  readonly #registry: string
  /** By their ids in Consul: until when the lease surely lasts, by our clock. */
  readonly #leases = new Map<string, Lease>()
  /** By their ids in Consul: who is marked as leaving and not taken out yet. */
  readonly #goodbyes = new Map<string, Goodbye>()

  #isClosed = false

  constructor(client: ConsulClient, options: ResolvedConsulOptions, ports: AdapterPorts, registry: string) {
    this.#client = client
    this.#options = options
    this.#ports = ports
    this.#registry = registry
  }

  /** The check begins as passing; it is passed all the same, as one that is there already keeps its state. */
  register(instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    let body: string
    try {
      body = JSON.stringify(registrationOf(instance, ttlMs, this.#options))
    } catch (thrown) {
      done(asError(thrown))
      return
    }
    // Who comes back while it leaves is not taken out by what it has said before.
    const goodbye = this.#dropGoodbye(consulIdOf(instance))
    this.#ask('/agent/service/register', body, (result) => {
      goodbye?.done()
      if (isOk(result)) this.#pass(instance, ttlMs, done)
      else done(errorOf(result))
    })
  }

  /**
   * A heartbeat that comes after its lease has run out (the process was frozen, or busy beyond measure) brings the
   * instance back, and is answered as lost: it has been out of the lists, which is to be told, and written anew.
   */
  heartbeat(instance: Instance, done: RegistryAnswer): void {
    const lease = this.#leases.get(consulIdOf(instance))
    const lateMs = this.#ports.clock.now() - (lease?.untilMs ?? Number.POSITIVE_INFINITY)
    this.#pass(instance, lease?.ttlMs ?? 0, (error) => {
      if (error !== undefined || lateMs <= 0) done(error)
      else done(this.#lost(instance, new Error(`the lease ran out ${Math.round(lateMs)} ms before the heartbeat`)))
    })
  }

  deregister(instance: Instance, done: RegistryAnswer): void {
    const id = consulIdOf(instance)
    this.#leases.delete(id)
    this.#dropGoodbye(id)?.take()
    const fail = `/agent/check/fail/${checkPath(instance)}?note=${encodeURIComponent(LEAVING)}`
    this.#ask(fail, undefined, (result) => {
      if (isUnknown(result)) this.#markWithoutCheck(id, done)
      else this.#onMarked(id, result, done)
    })
  }

  /** Somebody has taken the check away, and the service may be there still: maintenance is a goodbye as well. */
  #markWithoutCheck(id: string, done: RegistryAnswer): void {
    const path = `/agent/service/maintenance/${encodeURIComponent(id)}?enable=true&reason=${encodeURIComponent(LEAVING)}`
    this.#ask(path, undefined, (result) => this.#onMarked(id, result, done))
  }

  #onMarked(id: string, result: ConsulResult, done: RegistryAnswer): void {
    if (!isOk(result) && !isUnknown(result)) {
      done(errorOf(result))
      return
    }
    if (isOk(result) && this.#options.goodbyeMs > 0 && !this.#isClosed) this.#sayGoodbye(id, done)
    else this.#takeOut(id, done)
  }

  /** What is marked as leaving is taken out now. */
  close(): void {
    this.#isClosed = true
    for (const id of [...this.#goodbyes.keys()]) this.#dropGoodbye(id)?.take()
    this.#leases.clear()
  }

  #sayGoodbye(id: string, done: RegistryAnswer): void {
    const take = (): void => this.#takeOut(id, done)
    const timer = later(this.#ports.clock, this.#options.goodbyeMs, () => this.#dropGoodbye(id)?.take())
    this.#goodbyes.set(id, { timer, take, done })
  }

  #dropGoodbye(id: string): Goodbye | undefined {
    const goodbye = this.#goodbyes.get(id)
    goodbye?.timer.cancel()
    this.#goodbyes.delete(id)
    return goodbye
  }

  #takeOut(id: string, done: RegistryAnswer): void {
    this.#ask(`/agent/service/deregister/${encodeURIComponent(id)}`, undefined, (result) => {
      done(isOk(result) || isUnknown(result) ? undefined : errorOf(result))
    })
  }

  #pass(instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    // Consul counts from when it arrives, which is not before now.
    const untilMs = this.#ports.clock.now() + ttlMs
    this.#ask(`/agent/check/pass/${checkPath(instance)}`, undefined, (result) => {
      if (isOk(result)) {
        if (ttlMs > 0) this.#leases.set(consulIdOf(instance), { ttlMs, untilMs })
        done()
      } else if (isUnknown(result)) {
        this.#leases.delete(consulIdOf(instance))
        done(this.#lost(instance, result instanceof Error ? result : undefined))
      } else done(errorOf(result))
    })
  }

  #lost(instance: Instance, cause: Error | undefined): RegistryError {
    return new InstanceLostError(instance.id, this.#registry, cause === undefined ? {} : { cause })
  }

  #ask(path: string, body: string | undefined, done: (result: ConsulResult) => void): void {
    this.#client.ask({ method: 'PUT', path, isLocal: true, ...(body === undefined ? {} : { body }) }, done)
  }
}

interface Lease {
  readonly ttlMs: number
  readonly untilMs: number
}

interface Goodbye {
  readonly timer: Timer
  readonly take: () => void
  readonly done: RegistryAnswer
}

function checkPath(instance: Instance): string {
  return encodeURIComponent(checkIdOf(instance))
}

function isOk(result: ConsulResult): boolean {
  return !(result instanceof Error) && result.status !== 404
}

/** Agents before 1.9 say 500 with a text of what they do not know, later ones 404. */
function isUnknown(result: ConsulResult): boolean {
  if (!(result instanceof Error)) return result.status === 404
  return result instanceof ConsulError && result.status === 500 && UNKNOWN.test(result.reason)
}

const UNKNOWN = /does not have associated TTL|unknown (check|service)|does not exist/i

function errorOf(result: ConsulResult): Error {
  return result instanceof Error ? result : new Error(`consul answered ${result.status}`)
}
