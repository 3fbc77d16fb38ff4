// What happens, as it happens: what is done to the servers and the registry, and what the client makes of it.
import type { GovernanceEvent, Runtime } from '@seakeep/core'

export interface Story {
  /** Something was done. */
  tell(what: string): void
}

export function tellOf(events$: Runtime['events$']): Story {
  const beginMs = performance.now()
  const line = (mark: string, text: string): void => {
    const seconds = ((performance.now() - beginMs) / 1000).toFixed(1).padStart(5)
    console.log(`${seconds} s  ${mark} ${text}`)
  }
  events$.subscribe((event) => {
    const heard = wordsOf(event)
    if (heard !== undefined) line(' ', heard)
  })
  return { tell: (what) => line('▸', what) }
}

function wordsOf(event: GovernanceEvent): string | undefined {
  switch (event.type) {
    case 'endpointsChanged': {
      const { added = [], removed = [] } = event
      const words = [
        added.length > 0 && `knows ${added.join(', ')}`,
        removed.length > 0 && `drops ${removed.join(', ')}`,
      ]
      return words.some(Boolean) ? `client ${words.filter(Boolean).join(' and ')}` : undefined
    }
    case 'endpointEjected':
      return `client leaves ${event.endpoint} alone: ${event.why}`
    case 'endpointReturned':
      return `client tries ${event.endpoint} again`
    case 'endpointsRetained':
      return `client keeps ${event.retained?.join(', ')}: ${event.why}`
    case 'resolverFailed':
      return `client hears nothing of the registry: ${event.error?.message}; its last list stands`
    case 'resolverRecovered':
      return 'client hears the registry again'
    default:
      return undefined
  }
}
