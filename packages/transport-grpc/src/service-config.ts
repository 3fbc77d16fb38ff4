import { status } from '@grpc/grpc-js'
import type { PolicyLayers } from '@seakeep/core'
import {
  bool,
  type Field,
  integer,
  listOf,
  number,
  objectOf,
  optional,
  type Place,
  record,
  refined,
  rootPlace,
  scalar,
  text,
} from '@seakeep/core/spi'
import { type BalancingConfig, balancingOf, DURATION } from './balancing-config.ts'

/** What a gRPC service config says, in the words of a policy document. */
export interface ServiceConfigPolicies {
  /** The service it is for. */
  readonly service: string
  /** Entries of a policy document's `targets`: the service, and those of its methods that the config names. */
  readonly targets: Readonly<Record<string, PolicyLayers>>
  /** The codes after which a method (`pkg.Service/Method`) is tried again; undefined where the config does not say. */
  retryableCodes(method: string): ReadonlySet<number> | undefined
  /** Whether calls of a method wait for an endpoint: for `govern`. */
  waitForReady(method: string): boolean
}

/** A5 and gRFC A6: more attempts are taken for so many. */
const MOST_ATTEMPTS = 5

const CODE: Field<number, ''> = scalar({
  suffix: '',
  expected: `a status code of gRPC: ${Object.keys(status)
    .filter((key) => Number.isNaN(Number(key)))
    .join(', ')}, or its number`,
  read: codeOf,
  schema: {},
})
const CODES = { min: 1 }

const RETRY_POLICY = record({
  maxAttempts: integer({ min: 2 }),
  initialBackoff: DURATION,
  maxBackoff: DURATION,
  backoffMultiplier: number({ above: 0 }),
  retryableStatusCodes: listOf(CODE, CODES),
})
const HEDGING_POLICY = record({
  maxAttempts: integer({ min: 2 }),
  hedgingDelay: optional(DURATION),
  nonFatalStatusCodes: optional(listOf(CODE)),
})
const METHOD_CONFIG = record({
  name: listOf(record({ service: optional(text()), method: optional(text()) }), { min: 1 }),
  waitForReady: optional(bool()),
  timeout: optional(DURATION),
  maxRequestMessageBytes: optional(integer({ min: 0 })),
  maxResponseMessageBytes: optional(integer({ min: 0 })),
  retryPolicy: optional(RETRY_POLICY),
  hedgingPolicy: optional(HEDGING_POLICY),
})
const OBJECT: Field<Readonly<Record<string, unknown>>, ''> = scalar({
  suffix: '',
  expected: 'an object',
  read: (input) => objectOf(input),
  schema: { type: 'object' },
})
const SERVICE_CONFIG = record({
  loadBalancingPolicy: optional(text()),
  loadBalancingConfig: optional(refined(listOf(OBJECT), (list, at) => balancingOf(list, at))),
  methodConfig: optional(listOf(METHOD_CONFIG)),
  retryThrottling: optional(
    record({
      maxTokens: integer({ min: 1, max: 1000 }),
      tokenRatio: number({ above: 0, max: 1 }),
    }),
  ),
  healthCheckConfig: optional(record({ serviceName: text() })),
})

type ServiceConfig = ReturnType<typeof SERVICE_CONFIG.resolve>
type MethodConfig = ReturnType<typeof METHOD_CONFIG.resolve>

interface Rules {
  readonly codes: ReadonlySet<number> | undefined
  readonly waitForReady: boolean
}

/**
 * A gRPC service config (JSON text, or the object it is) as policy: `timeout`, `retryPolicy`, `hedgingPolicy`,
 * `retryThrottling`, `loadBalancingConfig`, `healthCheckConfig` and `waitForReady`.
 *
 * ```ts
 * const config = fromServiceConfig(json, 'inventory')
 * await createRuntime({ policies: { version: 1, targets: config.targets }, modules: [grpc({ serviceConfigs: [config] })] })
 * ```
 *
 * @throws ConfigError naming the path, the value and what is allowed; also for what the config says and no policy can.
 */
export function fromServiceConfig(config: string | object, service: string): ServiceConfigPolicies {
  const at = rootPlace('serviceConfig')
  const read = SERVICE_CONFIG.resolve(parsed(config, at), at)
  const layers = { ...balancingLayers(read, at), ...healthLayers(read) }
  const targets: Record<string, PolicyLayers> = { [service]: layers }
  const rules = new Map<string, Rules>()
  for (const [index, one] of (read.methodConfig ?? []).entries()) {
    const place = at.at('methodConfig').at(index)
    const layersOfMethod = methodLayers(one, read, place)
    for (const [nth, { service: named, method }] of one.name.entries()) {
      const pattern = patternOf(named, method, place.at('name').at(nth))
      if (rules.has(pattern)) throw place.at('name').at(nth).error(`${pattern} has a config already`)
      const { retryPolicy, hedgingPolicy } = one
      const codes = retryPolicy?.retryableStatusCodes ?? (hedgingPolicy && (hedgingPolicy.nonFatalStatusCodes ?? []))
      rules.set(pattern, { codes: codes && new Set(codes), waitForReady: one.waitForReady === true })
      const key = pattern === '**' ? service : `${service}/${pattern}`
      targets[key] = { ...targets[key], ...layersOfMethod }
    }
  }
  const ruleOf = (method: string): Rules | undefined =>
    rules.get(method) ?? rules.get(`${method.slice(0, method.indexOf('/'))}/*`) ?? rules.get('**')
  return Object.freeze({
    service,
    targets: Object.freeze(targets),
    retryableCodes: (method: string) => ruleOf(method)?.codes,
    waitForReady: (method: string) => ruleOf(method)?.waitForReady === true,
  })
}

function parsed(config: string | object, at: Place): unknown {
  if (typeof config !== 'string') return config
  try {
    return JSON.parse(config)
  } catch (cause) {
    throw at.error(`this is no JSON: ${(cause as Error).message}`)
  }
}

function patternOf(service: string | undefined, method: string | undefined, at: Place): string {
  if (service === undefined || service === '') {
    if (method === undefined || method === '') return '**'
    throw at.error(`the method ${method} needs its service`)
  }
  return method === undefined || method === '' ? `${service}/*` : `${service}/${method}`
}

function methodLayers(one: MethodConfig, { retryThrottling }: ServiceConfig, at: Place): PolicyLayers {
  const { timeout, retryPolicy, hedgingPolicy, maxRequestMessageBytes, maxResponseMessageBytes } = one
  if (retryPolicy !== undefined && hedgingPolicy !== undefined) {
    throw at.at('hedgingPolicy').error('not beside a retryPolicy (A6)')
  }
  if (maxRequestMessageBytes !== undefined) {
    throw at.at('maxRequestMessageBytes').error('use maxRequestBytes of grpc(), which is for all methods')
  }
  if (maxResponseMessageBytes !== undefined) {
    throw at.at('maxResponseMessageBytes').error('use maxAnswerBytes of grpc(), which is for all methods')
  }
  const layers: { timeout?: number; retry?: object; hedge?: object } = {}
  if (timeout !== undefined) {
    if (timeout === 0) throw at.at('timeout').error('0s is not allowed: no call could be made')
    layers.timeout = timeout
  }
  // Without retryThrottling gRPC bounds retries by nothing but the attempts.
  const budget =
    retryThrottling === undefined
      ? false
      : { algorithm: 'throttle', maxTokens: retryThrottling.maxTokens, ratio: retryThrottling.tokenRatio }
  if (retryPolicy !== undefined) {
    const { maxAttempts, initialBackoff: initial, maxBackoff: max } = retryPolicy
    if (initial === 0) throw at.at('retryPolicy').at('initialBackoff').error('0s is not allowed; above 0s (A6)')
    if (max === 0) throw at.at('retryPolicy').at('maxBackoff').error('0s is not allowed; above 0s (A6)')
    const backoff = { initial: Math.min(initial, max), max, jitter: 'equal' }
    layers.retry = { maxAttempts: Math.min(maxAttempts, MOST_ATTEMPTS), backoff, budget }
  }
  if (hedgingPolicy !== undefined) {
    const { maxAttempts, hedgingDelay = 0 } = hedgingPolicy
    const most = Math.min(maxAttempts, MOST_ATTEMPTS)
    layers.hedge = { delay: hedgingDelay, maxAttempts: most, maxExtraLoad: 1 }
    layers.retry = { maxAttempts: most, backoff: { initial: 0, max: 0, jitter: 'none' }, budget }
  }
  return layers as PolicyLayers
}

function balancingLayers({ loadBalancingConfig, loadBalancingPolicy }: ServiceConfig, at: Place): PolicyLayers {
  if (loadBalancingConfig !== undefined) return loadBalancingConfig
  if (loadBalancingPolicy === undefined) return {}
  const only: BalancingConfig = { [loadBalancingPolicy.toLowerCase()]: {} }
  return balancingOf([only], at.at('loadBalancingPolicy'))
}

function healthLayers({ healthCheckConfig }: ServiceConfig): PolicyLayers {
  return healthCheckConfig === undefined ? {} : { health: { grpc: healthCheckConfig.serviceName } }
}

function codeOf(input: unknown): number | undefined {
  const code = typeof input === 'string' ? status[input.toUpperCase() as keyof typeof status] : input
  return typeof code === 'number' && Number.isInteger(code) && code > 0 && code <= 16 ? code : undefined
}
