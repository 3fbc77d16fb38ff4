import { describe, expect, it } from 'vitest'
import { oracles } from '../validation/oracles/all.ts'
import { runQuick, seedsOf } from '../validation/oracles/oracle.ts'

// Each at its quick size, within 3.5 standard deviations of that size; full sizes: `pnpm validation oracles`.
describe('theory', () => {
  const quick = oracles.filter((oracle) => seedsOf(oracle, 'quick') > 0)

  it.each(quick)('$id: $name', { timeout: 60_000 }, async (oracle) => {
    const row = await runQuick(oracle)
    expect(row.ok, `theory ${row.theory}, ours ${row.ours}, allowed ${row.tolerance}`).toBe(true)
  })

  it('has a name of its own for each oracle', () => {
    expect(new Set(oracles.map(({ id }) => id)).size).toBe(oracles.length)
  })
})
