// The door for users. Adapter authors and the simulator go through `spi.ts`, tests through `testing/index.ts`.

export type { BalancingAlgorithm, BalancingOptions } from './balancing/balancing-options.ts'
export type { CircuitBreakerOptions } from './breaking/breaker-options.ts'
export type { CircuitState } from './breaking/circuit-breaker.ts'
export type { CacheOptions } from './caching/cache-options.ts'
export type { CoalesceOptions } from './caching/coalesce-options.ts'
export type { CallRequest } from './call/call.ts'
export { type Classifiable, type Classifier, classify, type Verdict } from './call/classification.ts'
export type { Answer } from './call/outcome.ts'
export type { GoverningPolicies } from './config/policy-follower.ts'
export type { PolicyMode } from './config/policy-mode.ts'
export type { InboundLayers, PolicyLayers } from './config/policy-options.ts'
export type { DiscoveryOptions } from './discovery/discovery-options.ts'
export type { DnsAddressService, DnsRegistryOptions, DnsSrvService } from './discovery/dns-options.ts'
export type { Address, Endpoint, Instance, Snapshot } from './endpoint/endpoint.ts'
export {
  AttemptError,
  type AttemptFailure,
  CancelledError,
  ConfigError,
  DeadlineExceededError,
  type ErrorCode,
  isAttemptError,
  isCancelledError,
  isConfigError,
  isDeadlineExceededError,
  isRejectedError,
  isSeakeepError,
  RejectedError,
  type RejectionReason,
  type RetryStop,
  SeakeepError,
} from './errors/seakeep-error.ts'
export type { HealthOptions } from './health/health-options.ts'
export type { OutlierOptions } from './health/outlier-options.ts'
export type { EndpointHealth, EndpointState, ServiceHealth } from './health/service-health.ts'
export type { LimiterState } from './limiting/limiter.ts'
export type { ConcurrencyOptions, RateLimitOptions } from './limiting/limiter-options.ts'
export type { ShedOptions } from './limiting/shed-options.ts'
export type { ThrottleOptions } from './limiting/throttle-options.ts'
export type { Duration, Ratio } from './options/duration.ts'
export type { ExecuteContext, Guarded } from './pipeline/execute-context.ts'
export type { Random, RandomStream } from './random/random.ts'
export type { RetryBudgetAlgorithm, RetryBudgetOptions } from './retrying/budget-options.ts'
export type { HedgeOptions } from './retrying/hedge-options.ts'
export type { Jitter, RetryOptions } from './retrying/retry-options.ts'
export type { MirrorOptions } from './routing/mirror-options.ts'
export type { VersionRoute } from './routing/route-options.ts'
export type { VersionShare } from './routing/split-options.ts'
export type { CallOptions, CallParent, Client } from './runtime/client.ts'
export { type CreateRuntimeOptions, createRuntime } from './runtime/create-runtime.ts'
export { dnsRegistry } from './runtime/dns-registry-module.ts'
export type { ExplainOptions } from './runtime/explain-options.ts'
export { type FileRegistryOptions, fileRegistry } from './runtime/file-registry-module.ts'
export { memoryBoard } from './runtime/memory-board-module.ts'
export { type MemoryRegistryOptions, memoryRegistry } from './runtime/memory-registry-module.ts'
export type { Policy, PolicyState } from './runtime/policy.ts'
export type { ExecuteOptions, Fallback, FallbackOption, PolicyOptions } from './runtime/policy-options.ts'
export { policy } from './runtime/process-environment.ts'
export type { Runtime } from './runtime/runtime.ts'
export type { ServedInstance, ServeOptions } from './runtime/served-instance.ts'
export { outsideRequest, requestContext } from './serving/node-request-scope.ts'
export type { RequestContext, RequestScope } from './serving/request-scope.ts'
export type { StateCell } from './state/state-cell.ts'
export type { GovernanceEvent, ShadowAct } from './telemetry/events.ts'
export type {
  Decision,
  ExplainedCandidate,
  ExplainedField,
  ExplainedOutcome,
  Explanation,
} from './telemetry/explanation.ts'
export type { ShadowCounts } from './telemetry/shadow-tally.ts'
export type { Clock, Timer, TimerTask } from './time/clock.ts'
export { Deadline } from './time/deadline.ts'
