import { isConfigError, type LimiterState, type StateCell } from '@seakeep/core'
import type { VirtualHost } from '../model/virtual-host.ts'
import type { World } from '../model/world.ts'
import type { LimitReader } from '../recording/detail-recorder.ts'

/**
 * Reads the concurrency limits of all callers. Only targets that were called before are asked for theirs: asking for
 * another would open it, and change the run. Callers of one name have one policy, so that what has no limit is asked once.
 */
export function limitReader(world: World): LimitReader {
  const unlimited = new Set<string>()
  return (tell) => {
    for (const host of world.hosts) {
      if (!host.isUp) continue
      for (const service of host.edges.keys()) {
        const edge = `${host.caller}>${service}`
        if (unlimited.has(edge)) continue
        const limiter = limiterOf(host, service)
        if (limiter === undefined) {
          unlimited.add(edge)
          continue
        }
        const { limit, inFlight, queued } = limiter.value
        if (Number.isFinite(limit)) tell(edge, limit, inFlight, queued)
      }
    }
  }
}

function limiterOf({ runtime }: VirtualHost, service: string): StateCell<LimiterState> | undefined {
  try {
    return runtime?.limiter(service)
  } catch (error) {
    if (isConfigError(error)) return undefined
    throw error
  }
}
