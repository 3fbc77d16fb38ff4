import { Buffer } from 'node:buffer'
import { type Server, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, status } from '@grpc/grpc-js'
import { askedServiceOf, healthResponse, type ServingStatus } from './health-message.ts'

const SERVICE = 'grpc.health.v1.Health'
export const HEALTH_PREFIX: string = `/${SERVICE}/`

/** An object in any case: grpc-js takes a request that is falsy, as '' is, for none. */
interface Asked {
  /** Undefined where the message is none. */
  readonly service: string | undefined
}

type Watcher = ServerWritableStream<Asked, ServingStatus>

/**
 * `grpc.health.v1.Health` of a server, kept by the readiness of its instance: all that it serves is SERVING while the
 * instance is ready and NOT_SERVING before and after. A service that the server does not have is NOT_FOUND to Check and
 * SERVICE_UNKNOWN to Watch, as the protocol says.
 *
 * A server that has a health service of its own keeps it.
 */
export class HealthService {
  readonly #server: Server
  readonly #watchers = new Map<Watcher, string>()
  #isReady: () => boolean
  #isClosed = false

  constructor(server: Server, isReady: () => boolean) {
    this.#server = server
    this.#isReady = isReady
    const serialize = (said: ServingStatus): Buffer => Buffer.from(healthResponse(said))
    const deserialize = (bytes: Buffer): Asked => ({ service: askedServiceOf(bytes) })
    server.register(
      `${HEALTH_PREFIX}Check`,
      (call: ServerUnaryCall<Asked, ServingStatus>, done: sendUnaryData<ServingStatus>) =>
        this.#check(call.request.service, done),
      serialize,
      deserialize,
      'unary',
    )
    server.register(
      `${HEALTH_PREFIX}Watch`,
      (call: Watcher) => this.#watch(call),
      serialize,
      deserialize,
      'serverStream',
    )
  }

  /** The instance has become ready, or is so no longer. */
  tell(): void {
    for (const [watcher, service] of this.#watchers) watcher.write(this.#statusOf(service))
  }

  /** Ends the watches: a server is not closed while one is open (grpc-node#1458). */
  close(): void {
    this.#isClosed = true
    for (const watcher of [...this.#watchers.keys()]) this.#end(watcher)
  }

  #check(service: string | undefined, done: sendUnaryData<ServingStatus>): void {
    if (service === undefined) return done({ code: status.INVALID_ARGUMENT, details: 'no HealthCheckRequest' })
    const said = this.#statusOf(service)
    if (said === 'SERVICE_UNKNOWN') done({ code: status.NOT_FOUND, details: `${service} is not served here` })
    else done(null, said)
  }

  #watch(watcher: Watcher): void {
    const { service } = watcher.request
    if (service === undefined) {
      watcher.emit('error', { code: status.INVALID_ARGUMENT, details: 'no HealthCheckRequest' })
      return
    }
    watcher.write(this.#statusOf(service))
    if (this.#isClosed) return this.#end(watcher)
    this.#watchers.set(watcher, service)
    const left = (): void => void this.#watchers.delete(watcher)
    watcher.on('cancelled', left)
    watcher.on('close', left)
    watcher.on('error', left)
  }

  #end(watcher: Watcher): void {
    this.#watchers.delete(watcher)
    watcher.emit('error', { code: status.UNAVAILABLE, details: 'the server is shutting down' })
  }

  #statusOf(service: string): ServingStatus {
    if (service !== '' && !servicesOf(this.#server)?.has(service)) return 'SERVICE_UNKNOWN'
    return this.#isReady() ? 'SERVING' : 'NOT_SERVING'
  }
}

/**
 * The services that a server has, by the paths of its methods. grpc-js does not tell them; its own table is read, and a
 * version without it is noticed by the tests of this package.
 */
export function servicesOf(server: Server): ReadonlySet<string> | undefined {
  const { handlers } = server as unknown as { readonly handlers?: unknown }
  if (!(handlers instanceof Map)) return undefined
  const names = new Set<string>()
  for (const path of handlers.keys()) names.add(String(path).split('/')[1] ?? '')
  return names
}
