// The door for tests: time that stands still, a transport in memory, and the contract suites that every adapter runs.

export { SeededRandom } from '../random/seeded-random.ts'
export { type BoardHarness, boardContract } from './board-contract.ts'
export type { FarHandler, FarSide, ReceivedRequest } from './far-side.ts'
export { ManualClock } from './manual-clock.ts'
export type { MemoryRequest } from './memory-exchange.ts'
export { MemoryTransport, type MemoryTransportOptions } from './memory-transport.ts'
export { drainMicrotasks } from './node-drain.ts'
export { registryContract } from './registry-contract.ts'
export type { RegistryHarness } from './registry-workbench.ts'
export { type ContractApi, type ContractExpectation, transportContract } from './transport-contract.ts'
export type { TransportHarness } from './transport-workbench.ts'
