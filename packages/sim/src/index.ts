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
export { closedLoop, constantArrivalRate, poisson } from './scenario/define-workload.ts'
export type { CollectionsData, EventLoopData } from './scenario/event-loop.ts'
export { FailedAnswer, fail } from './scenario/fail.ts'
export type { LinkData, NetworkData } from './scenario/network-data.ts'
export type { RegistryData } from './scenario/registry-options.ts'
export type { RequestFilterData } from './scenario/request-filter.ts'
export type {
  CallStepData,
  ClosedLoopData,
  DeployData,
  Discipline,
  FaultData,
  ForeignTopologyData,
  IsotopeData,
  JaegerData,
  JaegerDependenciesData,
  KeyData,
  OpenLoopData,
  OperationData,
  OtlpData,
  ScenarioData,
  ServiceData,
  StepData,
  ThresholdExpression,
  TopologyData,
  VersionData,
  WaitStepData,
  WorkloadData,
  WorkStepData,
} from './scenario/scenario-data.ts'
