// Consul for @seakeep/core: services by blocking queries, registrations with leases, policy documents in its KV, locks.

export { ConsulError, NoAnswerError, NoLeaderError, RegistryAnswerError } from './consul-errors.ts'
export { consul, openConsulStore } from './consul-module.ts'
export type { ConsulOptions } from './consul-options.ts'
