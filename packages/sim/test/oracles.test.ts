import { describe, expect, it } from 'vitest'
import { oracles } from '../validation/oracles/all.ts'
import { runQuick } from '../validation/oracles/oracle.ts'

// Each once at 1e5 arrivals, within 3.5 standard deviations of that size; full sizes: `pnpm validation oracles`.
describe('theory', () => {
  it.each(oracles)('$id: $name', { timeout: 60_000 }, async (oracle) => {
    const { ours, theory, tolerance } = await runQuick(oracle)
    expect(Math.abs(ours / theory - 1), `theory ${theory}, ours ${ours}`).toBeLessThanOrEqual(tolerance)
  })
})
