import { createBalancer } from '../balancing/balancer-factory.ts'
import { classify } from '../call/classification.ts'
import type { RuntimeIdentity, RuntimeParts, RuntimePorts } from './ports.ts'
import { Runtime } from './runtime.ts'

const DEFAULT_PARTS: RuntimeParts = { classifier: classify, createBalancer, createLimit: undefined }

/**
 * Builds one runtime from ports with plain constructors. `createRuntime` calls it with what the container holds, the
 * simulator with virtual ports, once for each instance; this is the only way to a runtime.
 */
export function assembleRuntime(
  identity: RuntimeIdentity,
  ports: RuntimePorts,
  parts: Partial<RuntimeParts> = {},
): Runtime {
  return new Runtime(identity, ports, { ...DEFAULT_PARTS, ...parts })
}
