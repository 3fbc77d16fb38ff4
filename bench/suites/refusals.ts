// What a refusal costs: inside the pipeline, where it is a value, and at the edge, where it becomes an error with a stack.
import { policy, type Runtime } from '@seakeep/core'
import type { CallRequest, CallSink, Ending, StartOptions } from '@seakeep/core/spi'
import { BARE, work } from '../bare.ts'
import { type Contender, compare } from '../harness.ts'
import { runtimeOf } from '../ports.ts'
import type { Suite } from '../row.ts'

const REQUEST: CallRequest = {}
const OPTIONS: StartOptions = {}
const NO_SINK: CallSink = { commit: () => {}, settle: () => {} }

/** `prepare` brings the runtime to where it refuses. */
function inside(name: string, reason: Ending, layers: object, prepare: (runtime: Runtime) => void): Contender {
  const runtime = runtimeOf(layers, 10, () => {})
  prepare(runtime)
  let ending: Ending | undefined
  const sink: CallSink = {
    commit: () => {},
    settle: (outcome) => {
      ending = outcome.ending
    },
  }
  const call = (): unknown => runtime.start('orders', REQUEST, OPTIONS, sink)
  call()
  if (ending !== reason) throw new Error(`${name} ends with ${ending}`)
  return { name, isSync: true, call, atMost: { perCallNs: 300 } }
}

/** Sends a call that never ends. */
function hold(runtime: Runtime): void {
  runtime.start('orders', REQUEST, OPTIONS, NO_SINK)
}

function refusedExecute(): Contender {
  const empty = policy({ name: 'bench empty', rateLimit: { rate: 1e-6, burst: 1 } })
  const ignore = (): void => {}
  void empty.execute(work)
  return { name: 'execute, refused by its rate limit', call: () => empty.execute(work).catch(ignore) }
}

export const refusals: Suite = {
  name: 'refusals',
  run: (rounds) => {
    const contenders = [
      BARE,
      inside('inside, isolated breaker', 'circuit-open', { circuitBreaker: true }, (runtime) =>
        runtime.breaker('orders').isolate(),
      ),
      inside('inside, full limiter', 'concurrency', { concurrency: { limit: 1 } }, hold),
      inside('inside, empty rate limit', 'rate-limited', { rateLimit: { rate: 1e-6, burst: 1 } }, hold),
      refusedExecute(),
    ]
    return compare('refusals', contenders, rounds)
  },
}
