import process from 'node:process'
import type { EventSink, GovernanceEvent } from '../telemetry/events.ts'

/**
 * The event sink of a process that has bound none: says as a process warning, once for each name, what its people should
 * know and would otherwise never hear.
 */
export function processWarnings(): EventSink {
  const told = new Set<string>()
  return {
    emit(event) {
      const warning = warningOf(event)
      if (warning === undefined || told.has(warning)) return
      told.add(warning)
      process.emitWarning(warning, { type: 'SeakeepWarning', code: `SEAKEEP_${event.type}` })
    },
  }
}

function warningOf(event: GovernanceEvent): string | undefined {
  switch (event.type) {
    case 'policyMissing':
      return `no policy governs some calls of ${event.name}: they get one bare attempt, round-robin, without a timeout`
    case 'policyRejected':
      return `the policies of ${event.name} are not valid and change nothing: ${event.error?.message ?? ''}`
    case 'policySourceFailed':
      return `the policies of ${event.name} cannot be followed: ${event.error?.message ?? ''}; trying on`
    case 'policyConflicted':
      return `the policy "${event.name}" was asked for again with other options; the first ones stay in force`
    case 'registrationFailed':
      return `${event.service} could not be announced as ${event.endpoint}: ${event.error?.message ?? ''}; trying on`
    case 'listenerFailed':
      return `something of yours that Seakeep calls threw, which changed no call: ${event.error?.stack ?? ''}`
    default:
      return undefined
  }
}
