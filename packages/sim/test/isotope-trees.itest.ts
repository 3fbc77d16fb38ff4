import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runScenario } from '../src/running/run-scenario.ts'
import { loadScenario, resolveLoaded } from '../src/scenario/node-load-scenario.ts'

// Service graphs that nobody here wrote. They are not part of the project; where they are not at hand nothing is shown.
const folder = join(import.meta.dirname, '../../../../shared/data/topologies')
const trees = [
  { file: 'isotope-tree-13-services.yaml', services: 13, instances: 78 },
  { file: 'isotope-tree-111-services.yaml', services: 111, instances: 222 },
]

describe.skipIf(!existsSync(folder))('isotope trees at 200 requests a second for 60 virtual seconds', () => {
  it.each(trees)('$file', { timeout: 120_000 }, async ({ file, services, instances }) => {
    const loaded = await loadScenario(join(folder, file))
    const { document } = await runScenario(resolveLoaded(loaded, { ratePerSecond: 200 }))
    const [entry] = Object.values(document.workload)
    expect(Object.keys(document.services)).toHaveLength(services)
    expect(Object.values(document.services).flatMap((service) => Object.keys(service.instances))).toHaveLength(
      instances,
    )
    expect(document.virtualMs).toBe(60_000)
    // Each service but the root is called once a request, and nothing goes wrong.
    const offered = entry?.offered ?? 0
    expect(offered).toBeGreaterThan(10_000)
    expect(entry?.goodput).toBe(1)
    for (const service of Object.values(document.services)) {
      expect(Math.abs(service.offered - offered)).toBeLessThan(20)
    }
    expect(document.wallMs).toBeLessThan(60_000)
  })
})
