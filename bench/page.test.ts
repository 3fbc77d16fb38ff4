import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { withFigures } from './page.ts'
import type { Results } from './results.ts'
import { rowOf } from './row.ts'

const PAGE = new URL('../docs/performance.md', import.meta.url)
const RESULTS = new URL('results.json', import.meta.url)

describe('withFigures', () => {
  const empty = 'Before\n<!-- figures: written by pnpm bench --save -->\nold\n<!-- end of figures -->\nAfter\n'
  const row = rowOf(
    'stacked',
    { name: 'all', ratio: 10, noise: 0.2, perCallNs: 700, bytes: 1300 },
    { ratio: 9, bytes: 1 },
  )
  const results: Results = { machine: { cpu: 'a CPU', node: '24', date: '2026-01-01' }, rounds: 60, rows: [row] }

  it('replaces what stands between its marks, and says which limits are missed', () => {
    const page = withFigures(empty, results)
    expect(page).toContain('| all | 10.00 | 0.20 | 700 | 1300 | 9, 1 B (missed) |')
    expect(page).not.toContain('old')
    expect(page.startsWith('Before\n')).toBe(true)
    expect(page.endsWith('<!-- end of figures -->\nAfter\n')).toBe(true)
    expect(withFigures(page, results)).toBe(page)
  })

  it('needs its marks', () => {
    expect(() => withFigures('Before', results)).toThrow('no place for figures')
  })

  it.runIf(existsSync(RESULTS))('has written the page of this repository', () => {
    const page = readFileSync(PAGE, 'utf8')
    expect(page).toBe(withFigures(page, JSON.parse(readFileSync(RESULTS, 'utf8'))))
  })
})
