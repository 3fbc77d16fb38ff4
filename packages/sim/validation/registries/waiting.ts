import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20

/** Polls until `condition` holds; false after `withinMs`. One that throws does not hold yet. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  for (const endMs = performance.now() + withinMs; ; await sleep(POLL_MS)) {
    if (
      await Promise.resolve(true)
        .then(condition)
        .catch(() => false)
    )
      return true
    if (performance.now() > endMs) return false
  }
}
