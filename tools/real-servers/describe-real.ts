import { describe } from 'vitest'
import { findServer, type ServerName } from './find-server.ts'

/**
 * `describe` for tests that need a real server. It is looked for, and downloaded, while tests are collected, which no
 * test's timeout pays for. Where it can't be had the tests are skipped and the reason is printed; with `REQUIRE_REAL=1`
 * the file fails.
 */
export function describeReal(server: ServerName, title: string, body: () => void): void {
  describe(title, async () => {
    const found = await findServer(server)
    if ('path' in found) return body()
    console.warn(`Skipping '${title}': ${found.missing}`)
    describe.skip(found.missing, body)
  })
}
