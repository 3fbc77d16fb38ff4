import type { Attempt, AttemptResult, AttemptSink, CallOutcome, Cancel, Transport } from '@seakeep/core/spi'
import { Exchange } from './exchange.ts'
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
    const instance = this.#world.instanceAt(attempt.endpoint?.id ?? '')
    if (instance === undefined) {
      sink.settle({ ending: 'unreachable', error: new Error(`nobody listens at ${attempt.endpoint?.id}`) })
      return () => {}
    }
    if (!(attempt.request instanceof SimCall)) return this.#adopt(attempt, instance, sink)
    const exchange = new Exchange(attempt.request, attempt, instance, sink)
    exchange.send()
    return (reason) => exchange.cancel(reason)
  }

  close(_deadlineMs: number, done: () => void): void {
    done()
  }

  /**
   * A call which user code made on the runtime itself, past its handler's context: it is booked as one call an attempt,
   * by nobody's deadline.
   */
  #adopt(attempt: Attempt, instance: VirtualInstance, sink: AttemptSink<AttemptResult>): Cancel {
    const { method, body } = attempt.request
    const inherited: Inherited = { ...ROOT, key: attempt.key, deadlineMs: attempt.deadlineMs }
    const call = new SimCall(this.#world, this.#host, attempt.service, method, inherited, NOBODY, undefined, body)
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
