import { isIP } from 'node:net'
import {
  Channel,
  type ChannelCredentials,
  type ChannelInterface,
  compressionAlgorithms,
  connectivityState,
  credentials,
} from '@grpc/grpc-js'
import type { Endpoint } from '@seakeep/core'
import { after, type CancelReason, type Clock, type Timer } from '@seakeep/core/spi'
import type { ResolvedGrpcOptions } from './grpc-options.ts'

export type GrpcCall = ReturnType<ChannelInterface['createCall']>

/** A call that is under way, as its channel sees it: also the listener of grpc-js. */
export interface Exchange {
  readonly sentMs: number
  /** The connection it waited for is there. */
  onConnected(): void
  /** There was no connection in time: it has not been sent, and must not be. */
  onNoConnection(error: Error): void
  /** The channel is closed by force. */
  onDestroyed(error: Error): void
}

/** A connection that has been in the making for so long is given up for a new one: gRPC's minimum connect timeout. */
const STUCK_MS = 20_000
/**
 * A connection from which nothing has come while a call on it ran into its timeout is given up for a new one, at most this
 * often: its other end may be gone without a word (half-open), and TCP goes on hoping for a quarter of an hour.
 */
const SILENT_MS = 3000

/** The connection to one address, what is under way on it, and which endpoints have used it. */
export class EndpointChannel {
  readonly target: string
  /** The endpoints that stand at this address. The last one that is forgotten closes the channel. */
  readonly users: Set<string> = new Set()
  isClosed = false
  /** When anything came from the other end. */
  heardAtMs: number
  readonly maxRequestBytes: number | undefined
  readonly #clock: Clock
  readonly #options: ResolvedGrpcOptions
  readonly #open = new Set<Exchange>()
  #channel: ChannelInterface
  readonly #name: string
  #onEmpty: (() => void) | undefined = undefined
  /** Not sent yet, as there is no connection. */
  readonly #waiting = new Set<Exchange>()
  #timer: Timer | undefined = undefined
  #connectingSinceMs: number | undefined = undefined
  #redialedAtMs = Number.NEGATIVE_INFINITY
  /** Told when the connection takes no further calls. */
  readonly #followers = new Set<() => void>()
  #followed: ChannelInterface | undefined = undefined

  constructor(target: string, clock: Clock, options: ResolvedGrpcOptions) {
    this.target = target
    this.#clock = clock
    this.#options = options
    this.maxRequestBytes = options.maxRequestBytes
    this.heardAtMs = clock.now()
    this.#channel = dial(target, options)
    this.#name = this.#channel.getTarget()
  }

  /** A call for an exchange, which has to {@link leave} when it has ended. */
  enter(path: string, exchange: Exchange): GrpcCall {
    const call = this.#channel.createCall(path, Number.POSITIVE_INFINITY, undefined, null, undefined)
    this.#open.add(exchange)
    const state = this.#channel.getConnectivityState(false)
    if (state === connectivityState.IDLE || state === connectivityState.CONNECTING) this.#wait(exchange, state)
    return call
  }

  get isConnected(): boolean {
    return this.#channel.getConnectivityState(false) === connectivityState.READY
  }

  /** `told` once when the connection that stands now is lost or has said goodbye. Answers how to have it not told. */
  follow(told: () => void): () => void {
    this.#followers.add(told)
    const channel = this.#channel
    if (this.#followed !== channel) {
      this.#followed = channel
      channel.watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => this.#onLost(channel))
    }
    return () => this.#followers.delete(told)
  }

  leave(exchange: Exchange, calledOff?: CancelReason): void {
    this.#open.delete(exchange)
    if (calledOff === 'timeout') this.#onTimeout(exchange)
    if (this.#waiting.delete(exchange) && this.#waiting.size === 0) this.#stopTimer()
    if (this.#onEmpty !== undefined && this.#open.size === 0) this.#close()
  }

  /** After which codes a service config has a method tried again. */
  retryableCodes(service: string, method: string): ReadonlySet<number> | undefined {
    return this.#options.serviceConfigs?.find((one) => one.service === service)?.retryableCodes(method)
  }

  /** Of a call that has ended: a stream was opened for it. Without one its peer is the channel's own name. */
  wasSent(call: GrpcCall): boolean {
    return call.getPeer() !== this.#name
  }

  /** Closes an idle connection at once, else when what is under way has ended: `done` is told then, the last of several. */
  close(done: () => void): void {
    this.isClosed = true
    this.#onEmpty = done
    if (this.#open.size === 0) this.#close()
  }

  destroy(): void {
    this.isClosed = true
    const error = new Error('the transport was closed')
    for (const exchange of [...this.#open]) exchange.onDestroyed(error)
  }

  #close(): void {
    const told = this.#onEmpty
    this.#onEmpty = undefined
    this.#channel.close()
    told?.()
  }

  // ---- waiting for a connection, for which grpc-js has no bound of its own (grpc-node#2785) ----

  #wait(exchange: Exchange, state: connectivityState): void {
    this.#waiting.add(exchange)
    this.#timer ??= after(this.#clock, this.#options.connectTimeoutMs, () => this.#onNoConnection())
    if (this.#connectingSinceMs !== undefined) return
    this.#connectingSinceMs = this.#clock.now()
    this.#watch(this.#channel, state)
  }

  #watch(channel: ChannelInterface, state: connectivityState): void {
    channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => {
      if (channel !== this.#channel) return
      const now = channel.getConnectivityState(false)
      if (now === connectivityState.CONNECTING) return this.#watch(channel, now)
      // It is there, and what waited is being sent; or it failed, and grpc-js ends what waited.
      this.#connectingSinceMs = undefined
      const waited = [...this.#waiting]
      this.#waiting.clear()
      this.#stopTimer()
      if (now !== connectivityState.READY) return
      this.heardAtMs = this.#clock.now()
      for (const exchange of waited) exchange.onConnected()
    })
  }

  #onNoConnection(): void {
    this.#timer = undefined
    const waited = [...this.#waiting]
    this.#waiting.clear()
    const nowMs = this.#clock.now()
    if (nowMs - (this.#connectingSinceMs ?? nowMs) >= STUCK_MS) this.#dialAgain()
    const error = new Error(`no connection to ${this.target} within ${this.#options.connectTimeoutMs} ms`)
    for (const exchange of waited) exchange.onNoConnection(error)
  }

  /** Nothing has come since it was sent. */
  #onTimeout({ sentMs }: Exchange): void {
    const nowMs = this.#clock.now()
    if (this.heardAtMs > sentMs || nowMs - this.#redialedAtMs < SILENT_MS || !this.isConnected) return
    this.#redialedAtMs = nowMs
    this.#dialAgain()
  }

  #onLost(channel: ChannelInterface): void {
    if (channel !== this.#followed) return
    this.#followed = undefined
    const told = [...this.#followers]
    this.#followers.clear()
    for (const one of told) one()
  }

  /** What is under way stays where it is, until it ends. */
  #dialAgain(): void {
    const stuck = this.#channel
    this.#channel = dial(this.target, this.#options)
    this.#connectingSinceMs = undefined
    stuck.close()
  }

  #stopTimer(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}

/** Retrying, choosing and finding endpoints are the runtime's: what grpc-js has of it is turned off. */
function dial(target: string, options: ResolvedGrpcOptions): ChannelInterface {
  const { connectBackoff, keepalive, maxAnswerBytes, compression, tls } = options
  return new Channel(target, credentialsOf(tls), {
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    // A registry's address is where to go: a proxy of the environment is for the world outside.
    'grpc.enable_http_proxy': 0,
    // Else all channels of the process to one address would share a connection, be they of two runtimes.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_channelz': 0,
    'grpc.initial_reconnect_backoff_ms': connectBackoff.initialMs,
    'grpc.max_reconnect_backoff_ms': connectBackoff.maxMs,
    'grpc.max_receive_message_length': maxAnswerBytes,
    ...(keepalive === undefined
      ? {}
      : { 'grpc.keepalive_time_ms': keepalive.intervalMs, 'grpc.keepalive_timeout_ms': keepalive.timeoutMs }),
    ...(compression === 'none' ? {} : { 'grpc.default_compression_algorithm': compressionAlgorithms[compression] }),
    ...(tls?.serverName === undefined
      ? {}
      : { 'grpc.ssl_target_name_override': tls.serverName, 'grpc.default_authority': tls.serverName }),
  })
}

function credentialsOf(tls: ResolvedGrpcOptions['tls']): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure()
  return credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null)
}

/** As grpc-js names what it connects to; IPv6 addresses stand in brackets. */
export function targetOf({ address: { host, port } }: Endpoint): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const version = isIP(bare)
  return version === 0 ? `dns:${bare}:${port}` : version === 4 ? `ipv4:${bare}:${port}` : `ipv6:[${bare}]:${port}`
}

/** An endpoint's name among all: ids are unique within a service only. */
export function userOf({ service, id }: Endpoint): string {
  return `${service}/${id}`
}
