// grpc-node#2003, #2448, #2893: connections that are opened and closed leave something behind. Short here; 10,000
// connections and 1,000 endpoints with `pnpm soak:http`.
import process from 'node:process'
import { expect, it } from 'vitest'
import { churn } from './churn.ts'

it('connections to endpoints that come and go leave no socket and no timer', { timeout: 120_000 }, async () => {
  const before = process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout/.test(kind)).length
  const { opened, failures, left } = await churn({ connections: 300, endpoints: 60, servers: 2 }, () => 0)
  expect(opened).toBeGreaterThanOrEqual(300)
  expect([failures, left]).toEqual([0, 0])
  const after = (): number => process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout/.test(kind)).length
  await expect.poll(after, { timeout: 10_000 }).toBeLessThanOrEqual(before + 1)
})
