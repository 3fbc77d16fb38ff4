/** The stories that `seakeep demo` tells are claims about what policies do; here they are held to them, on one seed. */
import { expect, test } from 'vitest'
import { PRESETS } from '../src/cli/presets.ts'
import { runScenario } from '../src/running/run-scenario.ts'
import { loadScenario, resolveLoaded } from '../src/scenario/node-load-scenario.ts'

test('online-boutique: naive retries make an overload stay that bare calls get over, governed ones get through', async () => {
  const preset = PRESETS.find(({ name }) => name === 'online-boutique')
  const loaded = await loadScenario(preset?.file ?? '')
  const figures: { goodput: number; recoveryMs: number | null; amplification: number; offered: number }[] = []
  for (const { policies } of preset?.sides ?? []) {
    const { document } = await runScenario(resolveLoaded(loaded, { policies }))
    const recovery = document.thresholds.find(({ metric }) => metric === 'frontend.recovery')
    figures.push({
      goodput: document.workload.frontend?.goodput ?? 0,
      recoveryMs: recovery?.value ?? null,
      amplification: document.edges[preset?.edge ?? '']?.amplification ?? 0,
      offered: document.workload.frontend?.offered ?? 0,
    })
  }
  const [bare, naive, governed] = figures
  expect(bare?.recoveryMs).toBeGreaterThan(0)
  expect(naive?.recoveryMs).toBeNull()
  expect(naive?.amplification).toBeGreaterThan(1.5)
  expect(naive?.goodput).toBeLessThan((bare?.goodput ?? 0) - 0.1)
  expect(governed?.goodput).toBeGreaterThan(0.9)
  expect(governed?.recoveryMs).toBeLessThan(3000)
  expect(governed?.amplification).toBeLessThan(1.25)
  // The same users come, whatever the policies.
  expect(new Set(figures.map(({ offered }) => offered)).size).toBe(1)
}, 120_000)
