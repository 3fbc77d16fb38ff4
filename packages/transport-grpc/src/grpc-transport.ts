import { ConfigError, type Endpoint } from '@seakeep/core'
import {
  type AdapterPorts,
  type Attempt,
  type AttemptResult,
  type AttemptSink,
  after,
  type Cancel,
  type Clock,
  type EndpointProbe,
  type ProbeResult,
  type ProbeSink,
  type Transport,
} from '@seakeep/core/spi'
import type { CallAttempt } from './call-attempt.ts'
import { methodOf } from './call-head.ts'
import { failed, unreachable } from './call-result.ts'
import { BYTES, type GrpcCodec } from './codec.ts'
import { EndpointChannel, targetOf, userOf } from './endpoint-channel.ts'
import { GrpcAttempt } from './grpc-attempt.ts'
import type { ResolvedGrpcOptions } from './grpc-options.ts'
import { checkHealth } from './health-check.ts'
import { HealthWatch } from './health-watch.ts'
import { SERVER_STREAM, UNARY } from './method-kind.ts'
import { StreamAttempt } from './stream-attempt.ts'
import { StubRequest } from './stub-request.ts'

/** Sends attempts over one grpc-js channel an address, made with the first of them. */
export class GrpcTransport implements Transport {
  readonly protocol = 'grpc'
  readonly #ports: AdapterPorts
  readonly #options: ResolvedGrpcOptions
  readonly #channels = new Map<string, EndpointChannel>()
  /** Endpoints are immutable, so what was found for one stays right until its channel is closed. */
  readonly #channelOf = new WeakMap<Endpoint, EndpointChannel>()
  /** Channels that were taken out and have calls under way. */
  readonly #leaving = new Set<EndpointChannel>()
  #isClosed = false

  constructor(ports: AdapterPorts, options: ResolvedGrpcOptions) {
    this.#ports = ports
    this.#options = options
  }

  send(attempt: Attempt, sink: AttemptSink<AttemptResult>): Cancel {
    return this.#send(attempt, sink, this.#options.codec)
  }

  check(endpoint: Endpoint, probe: EndpointProbe, timeoutMs: number, told: (result: ProbeResult) => void): Disposable {
    if (probe.kind !== 'grpc') {
      told({ isHealthy: undefined, reason: `gRPC makes no ${probe.kind} checks` })
      return { [Symbol.dispose]: () => {} }
    }
    const ask = (attempt: Attempt, sink: AttemptSink<AttemptResult>): Cancel => this.#send(attempt, sink, BYTES)
    return checkHealth(ask, endpoint, probe.service, timeoutMs, this.#ports.clock, told)
  }

  watch(endpoint: Endpoint, probe: EndpointProbe, sink: ProbeSink): Disposable | undefined {
    if (probe.kind !== 'grpc') return undefined
    const ask = (attempt: Attempt, answers: AttemptSink<AttemptResult>): Cancel => this.#send(attempt, answers, BYTES)
    const follow = (told: () => void): (() => void) | undefined => this.#channelOf.get(endpoint)?.follow(told)
    return new HealthWatch(ask, follow, endpoint, probe.service, sink)
  }

  forget(endpoint: Endpoint): void {
    const known = this.#channels.get(targetOf(endpoint))
    if (known === undefined || !known.users.delete(userOf(endpoint)) || known.users.size > 0) return
    this.#channels.delete(known.target)
    this.#leaving.add(known)
    known.close(() => this.#leaving.delete(known))
  }

  close(deadlineMs: number, done: () => void): void {
    this.#isClosed = true
    const { clock } = this.#ports
    const channels = [...this.#channels.values(), ...this.#leaving]
    this.#channels.clear()
    let open = channels.length
    if (open === 0) {
      done()
      return
    }
    const force = after(clock, deadlineMs - clock.now(), () => {
      for (const channel of channels) channel.destroy()
    })
    for (const channel of channels) {
      channel.close(() => {
        open -= 1
        if (open > 0) return
        force.cancel()
        done()
      })
    }
  }

  #send(attempt: Attempt, sink: AttemptSink<AttemptResult>, codec: GrpcCodec): Cancel {
    const { endpoint } = attempt
    if (endpoint === undefined || this.#isClosed) {
      const why = this.#isClosed ? 'the transport is closed' : 'gRPC needs an endpoint to send to'
      sink.settle(unreachable(new Error(why)))
      return NOTHING
    }
    const known = this.#channelOf.get(endpoint)
    const channel = known !== undefined && !known.isClosed ? known : this.#channelFor(endpoint)
    let sent: CallAttempt
    try {
      sent = attemptOf(attempt, sink, channel, codec, this.#ports.clock)
    } catch (error) {
      sink.settle(failed(error as Error))
      return NOTHING
    }
    try {
      sent.send()
    } catch (error) {
      sent.onDestroyed(error as Error)
    }
    return (reason) => sent.cancel(reason)
  }

  #channelFor(endpoint: Endpoint): EndpointChannel {
    const target = targetOf(endpoint)
    let channel = this.#channels.get(target)
    if (channel === undefined) {
      channel = new EndpointChannel(target, this.#ports.clock, this.#options)
      this.#channels.set(target, channel)
    }
    channel.users.add(userOf(endpoint))
    this.#channelOf.set(endpoint, channel)
    return channel
  }
}

const NOTHING: Cancel = () => {}

/** @throws ConfigError for a request that gRPC cannot say. */
function attemptOf(
  attempt: Attempt,
  sink: AttemptSink<AttemptResult>,
  channel: EndpointChannel,
  codec: GrpcCodec,
  clock: Clock,
): CallAttempt {
  const { request } = attempt
  const method = methodOf(request)
  const isStub = request instanceof StubRequest
  const own = isStub ? BYTES : codec
  const known = isStub ? request.kind : codec.kind?.(method)
  const kind = known ?? (request.stream === true ? SERVER_STREAM : UNARY)
  if (kind === UNARY && request.stream !== true) return new GrpcAttempt(method, attempt, sink, channel, own, clock)
  if (request.stream === true && !kind.responseStream) {
    throw new ConfigError('request.stream', `${method} answers with one message`)
  }
  return new StreamAttempt(kind, method, attempt, sink, channel, own, clock)
}
