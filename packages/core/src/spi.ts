// The door for those who build on the core: adapters, the simulator, and users who bind parts of their own.

export type { Balancer, BalancerFactory, Load, Pickable, PickContext, Picker } from './balancing/balancer.ts'
export { createBalancer } from './balancing/balancer-factory.ts'
export type { ResolvedBalancingOptions } from './balancing/balancing-options.ts'
export { CountingBalancer } from './balancing/counting-balancer.ts'
export type { Attempt, AttemptSink, CallRequest, Cancel, CancelReason, StartOptions } from './call/call.ts'
export type { CallSink } from './call/call-sink.ts'
export type { AttemptResult, CallOutcome, Ending } from './call/outcome.ts'
export { RETRY_AFTER_MS_HEADER, retryAfterMs } from './call/retry-after.ts'
export { MemoryPolicyStore, memoryPolicyStore } from './config/memory-policy-store.ts'
export { parsePolicyText } from './config/parse-text.ts'
export { isPolicyConflictError, PolicyConflictError } from './config/policy-conflict-error.ts'
export { PolicyDocument, parsePolicyDocument } from './config/policy-document.ts'
export { type FirstWord, type FollowerParts, PolicyFollower, type PolicyOrigin } from './config/policy-follower.ts'
export type { InboundPolicy, ResolvedPolicy } from './config/policy-options.ts'
export type {
  PolicySource,
  PolicySourceSink,
  PolicyStore,
  PolicyText,
  PushedPolicies,
} from './config/policy-source.ts'
export { MemoryRegistry } from './discovery/memory-registry.ts'
export { Registrar } from './discovery/registrar.ts'
export type { Registry, RegistryAnswer, RegistryError, RegistrySink } from './discovery/registry.ts'
export type { HealthChecker, HealthResult } from './health/health-checker.ts'
export { BoundedLimit } from './limiting/bounded-limit.ts'
export { createLimitAlgorithm, createLimiter, type LimiterPorts } from './limiting/create-limiter.ts'
export { createRateLimiter } from './limiting/create-rate-limiter.ts'
export type { LimitAlgorithm, LimitAlgorithmFactory, LimitWindow } from './limiting/limit-algorithm.ts'
export { LimitLoop } from './limiting/limit-loop.ts'
export type { ResolvedAdaptiveOptions } from './limiting/limit-options.ts'
export type { Limiter, PermitEnd, Waiter } from './limiting/limiter.ts'
export { type Permit, type PermitSink, type PermitWish, tryPermit, waitForPermit } from './limiting/permit.ts'
export type { RateLimiter } from './limiting/rate-limiter.ts'
export type { Lock, LockSink } from './locking/lock.ts'
export * from './options/index.ts'
export type { CallStarter } from './pipeline/call-starter.ts'
export { hashText, mix, uniform } from './random/mix.ts'
export { Draw } from './random/random.ts'
export { SeededRandom } from './random/seeded-random.ts'
export { Sfc32 } from './random/sfc32.ts'
export { assembleRuntime } from './runtime/assemble-runtime.ts'
export { MODULES, partsOf } from './runtime/module-parts.ts'
export { PolicyFile, readPolicyFile } from './runtime/node-policy-file.ts'
export { filePolicyStore } from './runtime/node-policy-store.ts'
export type { RuntimeIdentity, RuntimeParts, RuntimePorts } from './runtime/ports.ts'
export { type PolicyEnvironment, replaceEnvironment } from './runtime/process-environment.ts'
export { NO_SIGNALS, type ProcessSignals } from './runtime/process-signals.ts'
export { promisedAnswer } from './runtime/promised-answer.ts'
export { type AdapterPorts, Tokens, token } from './runtime/tokens.ts'
export {
  Admission,
  type AdmissionParts,
  type AdmissionSink,
  type Admitted,
  type RequestTraits,
  type ShadowCounts,
} from './serving/admission.ts'
export { type LoadMonitor, NO_LOAD } from './serving/load-monitor.ts'
export type { AttachedServer, Listening, ServerAdapter, ServerHost } from './serving/server-adapter.ts'
export { type BoardConnection, MemoryBoard } from './sharing/memory-board.ts'
export type { BoardSink, SharedBoard } from './sharing/shared-board.ts'
export { type Linked, LinkedList } from './state/linked-list.ts'
export { type EventSink, type GovernanceEvent, NO_EVENTS } from './telemetry/events.ts'
export { after, type Clock, type Timer, type TimerTask } from './time/clock.ts'
export { clockScheduler } from './time/clock-scheduler.ts'
export { Deadline, NO_DEADLINE } from './time/deadline.ts'
export { realClock } from './time/real-clock.ts'
export { TimingWheel, WheelTimer } from './time/timing-wheel.ts'
export type { EndpointProbe, ProbeResult } from './transport/endpoint-probe.ts'
export type { Transport } from './transport/transport.ts'
