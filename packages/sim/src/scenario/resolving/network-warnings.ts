/** What a network is told of that can have no effect, or one that is hardly meant. */

import type { ResolvedOperation, ResolvedScenario, ResolvedService, ResolvedStep } from '../resolved-scenario.ts'
import { hasBandwidth, hasLoss } from './resolve-network.ts'

type Told = Pick<ResolvedScenario, 'network' | 'faults' | 'services' | 'workloads' | 'policies'>

export function networkWarnings({ network, faults, services, workloads, policies }: Told): readonly string[] {
  const warnings: string[] = []
  const isNarrow = hasBandwidth(network) || faults.some(({ kind }) => kind === 'bandwidth')
  if (isNarrow && !services.some(hasSizes)) {
    warnings.push(
      'a bandwidth counts nothing, since no message has a length: say requestBytes or responseBytes of services',
    )
  }
  const loses = hasLoss(network) || faults.some(({ kind }) => kind === 'loss' || kind === 'partition')
  if (loses && policies === undefined && !workloads.some(({ impatient }) => impatient)) {
    warnings.push('messages are lost, and nobody has a timeout: without policies a call that lost one stays open')
  }
  return warnings
}

function hasSizes({ operations, versions }: ResolvedService): boolean {
  const all = [operations, ...versions.map((version) => version.operations)]
  return all.some((one) => [...one.values()].some(isLong))
}

function isLong({ requestBytes = 0, responseBytes = 0, steps }: ResolvedOperation): boolean {
  return requestBytes > 0 || responseBytes > 0 || steps.some(isLongCall)
}

function isLongCall(step: ResolvedStep): boolean {
  if (step.kind === 'parallel') return step.steps.some(isLongCall)
  return step.kind === 'call' && ((step.sizes?.requestBytes ?? 0) > 0 || (step.sizes?.responseBytes ?? 0) > 0)
}
