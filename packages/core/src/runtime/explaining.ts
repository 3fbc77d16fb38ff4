import type { CallRequest } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import { type EffectiveField, effectivePolicy } from '../config/effective-policy.ts'
import type { PolicyDocument } from '../config/policy-document.ts'
import { CallRecord } from '../pipeline/call-record.ts'
import { explainedRoute } from '../pipeline/explained-route.ts'
import type { Route } from '../pipeline/route.ts'
import { Draw, type Random } from '../random/random.ts'
import type { ShadowAct } from '../telemetry/events.ts'
import type { Decision, ExplainedField, Explanation } from '../telemetry/explanation.ts'
import type { ResolvedExplainOptions } from './explain-options.ts'
import { explanationText } from './explanation-text.ts'

/** A call that is explained: its record, and what it takes to say by which lines it was decided. */
interface Kept {
  readonly record: CallRecord
  readonly route: Route
  readonly method: string | undefined
  readonly document: PolicyDocument | undefined
}

/** The layers that stand behind a step. */
const LAYERS: Readonly<Record<Decision['step'], readonly string[]>> = {
  breaker: ['circuitBreaker'],
  throttle: ['throttle'],
  pick: ['loadBalancing', 'outlier', 'health', 'split', 'routes'],
  'rate-limit': ['rateLimit'],
  concurrency: ['concurrency'],
  line: ['concurrency'],
  sent: ['timeout', 'retry.attemptTimeout'],
  answered: [],
  judged: [],
  'called-off': ['timeout', 'retry.attemptTimeout', 'hedge'],
  backoff: ['retry'],
  'retry-budget': ['retry.budget'],
  shadow: [],
}

/** The layers that would have acted. */
const SHADOW_LAYERS: { readonly [Act in ShadowAct]?: string } = {
  'circuit-open': 'circuitBreaker',
  'endpoint-circuit-open': 'circuitBreaker',
  'rate-limited': 'rateLimit',
  concurrency: 'concurrency',
  shed: 'throttle',
  retried: 'retry',
  hedged: 'hedge',
  'attempt-timeout': 'retry.attemptTimeout',
  timeout: 'timeout',
}

function layersBehind(decision: Decision): readonly string[] {
  if (decision.step !== 'shadow') return LAYERS[decision.step]
  const layer = SHADOW_LAYERS[decision.act]
  return layer === undefined ? [] : ['mode', layer]
}

/** The calls of one runtime that are explained, drawn at random, the latest kept. */
export class Explaining {
  readonly #caller: string
  readonly #options: ResolvedExplainOptions
  readonly #random: Random
  readonly #byId = new Map<string, Kept>()

  constructor(caller: string, options: ResolvedExplainOptions, random: Random) {
    this.#caller = caller
    this.#options = options
    this.#random = random
  }

  /** Whether the call named by `key` is. */
  wants(key: number): boolean {
    return this.#random.draw(key, Draw.explain) < this.#options.ratio
  }

  /** The route and the sink by which a call goes that is explained. */
  open(
    route: Route,
    request: CallRequest,
    key: number,
    sink: CallSink,
    document: PolicyDocument | undefined,
  ): { readonly route: Route; readonly sink: CallSink } {
    const record = new CallRecord(`${route.service}-${key}`, route.clock)
    this.#byId.delete(record.callId)
    this.#byId.set(record.callId, { record, route, method: request.method, document })
    for (const oldest of this.#byId.keys()) {
      if (this.#byId.size <= this.#options.keep) break
      this.#byId.delete(oldest)
    }
    return {
      route: explainedRoute(route, record),
      sink: {
        commit: (answer) => sink.commit(answer),
        settle: (outcome) => {
          record.end(outcome)
          sink.settle(outcome)
        },
      },
    }
  }

  get(callId: string): Explanation | undefined {
    const kept = this.#byId.get(callId)
    return kept && this.#explanation(kept)
  }

  take(callId: string): (() => Explanation) | undefined {
    const kept = this.#byId.get(callId)
    this.#byId.delete(callId)
    return kept && (() => this.#explanation(kept))
  }

  /** Those that are kept, the latest first. */
  *latest(): Iterable<Explanation> {
    for (const kept of [...this.#byId.values()].reverse()) yield this.#explanation(kept)
  }

  #explanation({ record, route, method, document }: Kept): Explanation {
    const { callId, beganAtMs, decisions, outcome } = record
    const { service, timeoutMs } = route
    // What guards a function is written in code, where no line can be named.
    const isFunction = route.placement.balancer === undefined
    const fields = isFunction ? [] : effectivePolicy(document, { from: this.#caller, to: service, method })
    const policy = fieldsBehind(decisions, fields)
    const explanation = { callId, service, method, beganAtMs, timeoutMs, decisions: [...decisions], outcome, policy }
    return { ...explanation, toString: () => explanationText(explanation) }
  }
}

function fieldsBehind(decisions: readonly Decision[], fields: readonly EffectiveField[]): readonly ExplainedField[] {
  const layers = [...new Set(decisions.flatMap(layersBehind))]
  const isBehind = (path: string): boolean => layers.some((layer) => path === layer || path.startsWith(`${layer}.`))
  const behind = fields
    .filter(({ path, isLayer }) => !isLayer && isBehind(path))
    .map(({ path, text, place }) => ({ path, text, place: place && (place.position ?? place.path) }))
  return [...behind.filter(({ place }) => place !== undefined), ...behind.filter(({ place }) => place === undefined)]
}
