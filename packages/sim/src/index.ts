// The door for users: what a scenario is written with, and what runs it.

export type { Distribution } from './model/distribution.ts'
export {
  constant,
  type DistributionData,
  empirical,
  erlang,
  exponential,
  hyperexponential,
  lognormal,
  mixture,
  normal,
  pareto,
  uniform,
} from './model/distributions.ts'
export type {
  Conservation,
  EdgeReport,
  LatencyReport,
  PropertyReport,
  RunDocument,
  RunEvent,
  ServiceReport,
  ThresholdReport,
  WorkloadReport,
} from './recording/run-document.ts'
export { type SimulatedRun, type SimulateOptions, simulate } from './running/simulate.ts'
export type { AppContext, AppHandler } from './scenario/app-handler.ts'
export type { AutoscaleData } from './scenario/autoscale.ts'
export type { CacheData } from './scenario/cache.ts'
export type { ColdStartData } from './scenario/cold-start.ts'
export type { ContentionData } from './scenario/contention.ts'
export { at, type FaultsAt } from './scenario/define-fault.ts'
export {
  defineScenario,
  fromIsotope,
  fromJaeger,
  fromJaegerDependencies,
  fromOtlp,
  service,
} from './scenario/define-scenario.ts'
export {
  bursts,
  closedLoop,
  constantArrivalRate,
  diurnal,
  poisson,
  rampingArrivalRate,
  replay,
  spike,
} from './scenario/define-workload.ts'
export type { CollectionsData, EventLoopData } from './scenario/event-loop.ts'
export { FailedAnswer, fail } from './scenario/fail.ts'
export type { RequestFilterData } from './scenario/faults/request-filter.ts'
export { type InvariantData, type InvariantsData, invariants } from './scenario/invariants-data.ts'
export type { LinkData, NetworkData } from './scenario/network-data.ts'
export type {
  EventProperty,
  LaterProperty,
  PropertiesData,
  StepProperty,
  StepView,
} from './scenario/properties-data.ts'
export type { RegistryData } from './scenario/registry-options.ts'
export type {
  CallStepData,
  DeployData,
  Discipline,
  FaultData,
  ForeignTopologyData,
  IsotopeData,
  JaegerData,
  JaegerDependenciesData,
  OperationData,
  OtlpData,
  ScenarioData,
  ServiceData,
  StepData,
  ThresholdExpression,
  TopologyData,
  VersionData,
  WaitStepData,
  WorkStepData,
} from './scenario/scenario-data.ts'
export type { SwarmData } from './scenario/swarm/swarm-data.ts'
export type {
  BurstsData,
  ClosedLoopData,
  DiurnalData,
  KeyData,
  OpenLoopData,
  RampingData,
  ReplayData,
  ReplayedCallData,
  SpikeData,
  UserRetryData,
  WorkloadData,
} from './scenario/workload-data.ts'
