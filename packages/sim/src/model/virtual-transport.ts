import type { Endpoint } from '@seakeep/core'
import type {
  Attempt,
  AttemptResult,
  AttemptSink,
  CallOutcome,
  Cancel,
  EndpointProbe,
  ProbeResult,
  Transport,
} from '@seakeep/core/spi'
import { after } from '@seakeep/core/spi'
import { Exchange, NOBODY_LISTENS } from './exchange.ts'
import { Probe, type ProbeAnswer } from './probe.ts'
import { type CallOwner, type Inherited, ROOT, SimCall } from './sim-call.ts'
import type { VirtualHost } from './virtual-host.ts'
import type { VirtualInstance } from './virtual-instance.ts'
import type { World } from './world.ts'

/** The Transport of one simulated host: attempts travel over the virtual network to virtual instances. */
export class VirtualTransport implements Transport {
  readonly protocol = 'sim'
  readonly #world: World
  readonly #host: VirtualHost

  constructor(world: World, host: VirtualHost) {
    this.#world = world
    this.#host = host
  }

  send(attempt: Attempt, sink: AttemptSink<AttemptResult>): Cancel {
    const { endpoint } = attempt
    const instance = endpoint === undefined ? undefined : this.#world.instanceAt(endpoint.id, endpoint.address.port)
    if (instance === undefined) {
      sink.settle({ ending: 'unreachable', error: new Error(`nobody listens at ${endpoint?.id}`) })
      return () => {}
    }
    if (!(attempt.request instanceof SimCall)) {
      if (attempt.isProbe !== true) return this.#adopt(attempt, instance, sink)
      return this.#probe(instance, 'path', (answer) => sink.settle(resultOf(answer)))
    }
    const exchange = new Exchange(attempt.request, attempt, instance, sink)
    exchange.send()
    return (reason) => exchange.cancel(reason)
  }

  /** A connection, or gRPC's health service, which answers as a readiness path does. */
  check(endpoint: Endpoint, probe: EndpointProbe, timeoutMs: number, told: (result: ProbeResult) => void): Disposable {
    const instance = this.#world.instanceAt(endpoint.id)
    if (instance === undefined) {
      told({ isHealthy: false, reason: `nobody listens at ${endpoint.id}` })
      return { [Symbol.dispose]: () => {} }
    }
    const timer = after(this.#host.clock, timeoutMs, () => {
      cancel()
      told({ isHealthy: false, reason: `no answer within ${timeoutMs} ms` })
    })
    const cancel = this.#probe(instance, probe.kind === 'tcp' ? 'connection' : 'path', (answer) => {
      timer.cancel()
      told(judged(answer))
    })
    return {
      [Symbol.dispose]: () => {
        timer.cancel()
        cancel()
      },
    }
  }

  close(_deadlineMs: number, done: () => void): void {
    done()
  }

  #probe(instance: VirtualInstance, kind: 'connection' | 'path', told: (answer: ProbeAnswer) => void): Cancel {
    const probe = new Probe(this.#world.network, this.#host, instance, kind, told)
    probe.send()
    return () => probe.cancel()
  }

  /**
   * A call which user code made on the runtime itself, past its handler's context: it is booked as one call an attempt,
   * by nobody's deadline.
   */
  #adopt(attempt: Attempt, instance: VirtualInstance, sink: AttemptSink<AttemptResult>): Cancel {
    const { method, body } = attempt.request
    const { key, deadlineMs, priority } = attempt
    const inherited: Inherited = { ...ROOT, key, deadlineMs, priority }
    const edge = this.#host.edgeTo(attempt.service, this.#world.recorder)
    const call = new SimCall(this.#world, this.#host, edge, method, inherited, NOBODY, undefined, body)
    const exchange = new Exchange(call, attempt, instance, {
      commit: (answer) => sink.commit(answer),
      settle: (result) => {
        call.settle({ ending: result.ending, isAnswered: result.ending === 'ok', attempts: 1 })
        sink.settle(result)
      },
    })
    exchange.send()
    return (reason = 'cancelled') => {
      if (exchange.isAwaited) call.settle({ ending: reason, isAnswered: false, attempts: 1 })
      exchange.cancel(reason)
    }
  }
}

const NOBODY: CallOwner = { onCallEnd: (_call: SimCall, _outcome: CallOutcome) => {} }

function resultOf(answer: ProbeAnswer): AttemptResult {
  if (answer === 'connected') return { ending: 'ok' }
  if (answer === 'refused') return { ending: 'unreachable', error: NOBODY_LISTENS }
  return { ending: answer === 200 ? 'ok' : answer === 503 ? 'refused' : 'error', status: answer }
}

function judged(answer: ProbeAnswer): ProbeResult {
  if (answer === 'connected') return { isHealthy: true, reason: 'connected' }
  if (answer === 'refused') return { isHealthy: false, reason: NOBODY_LISTENS.message }
  return { isHealthy: answer === 200, reason: `answered ${answer}` }
}
