import type { LinkEnd } from '../scenario/resolved-scenario.ts'
import type { VirtualHost } from './virtual-host.ts'

/** Is the host at this end of a link? */
export function isAt(end: LinkEnd, host: VirtualHost): boolean {
  if (end.kind === 'party') return host.caller === end.name
  return end.kind === 'anywhere' || host.zone === end.zone
}
