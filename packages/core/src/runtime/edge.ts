import type { CallRequest, Cancel, StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import type { Instance } from '../endpoint/endpoint.ts'
import { ConfigError } from '../errors/seakeep-error.ts'
import type { CallStarter } from '../pipeline/call-starter.ts'
import type { Clock } from '../time/clock.ts'

/** What an edge stands on: the runtime, as those see it who turn somebody's calls into governed ones. */
export interface EdgeHost extends CallStarter {
  readonly clock: Clock
  /** Starts a call to an address instead of a service, under the policy of its host (`address.service`). */
  startAt(address: Instance, request: CallRequest, options: StartOptions, sink: CallSink): Cancel
  /** Whether a registry knows the name; `told` once, perhaps at once. */
  knows(name: string, told: (isKnown: boolean) => void): void
}

/** A member that a package adds to the runtime, as `rt.fetch`. Its type comes with the package, by interface merging. */
export interface Edge {
  readonly name: string
  /** Made when the member is read first. */
  create(host: EdgeHost): unknown
}

/** Members that may come with a package, and the package. They are there in any case, to say which module is missing. */
export const EDGES: Readonly<Record<string, string>> = { fetch: '@seakeep/transport-http' }

export function missingEdge(name: string): () => Promise<never> {
  return () => {
    const problem = `no module brings rt.${name}; add the module of ${EDGES[name]} to createRuntime`
    return Promise.reject(new ConfigError('modules', problem))
  }
}
