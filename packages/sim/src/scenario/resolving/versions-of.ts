import type { ResolvedService, ResolvedVersion } from '../resolved-scenario.ts'

/** What the instances of a service are, in the order of their numbers; a service without versions is all of one kind. */
export function versionsOf(service: ResolvedService): readonly ResolvedVersion[] {
  if (service.versions.length > 0) return service.versions
  const { replicas, operations, weight, failover } = service
  return [{ version: undefined, replicas, operations, weight, failover }]
}
