import { describe, expect, test } from 'vitest'
import { fakeIo, fakeRun } from '../../test/fake-run.ts'
import { loadScenario, resolveLoaded } from '../scenario/node-load-scenario.ts'
import { runCli } from './commands.ts'
import { PRESETS } from './presets.ts'

describe.each(PRESETS)('the story $name', (preset) => {
  test('resolves under each of its policies without a warning, judged by one deadline', async () => {
    const loaded = await loadScenario(preset.file)
    const sides = preset.sides.map(({ policies }) => resolveLoaded(loaded, { policies }))
    expect(sides.flatMap(({ warnings }) => warnings)).toEqual([])
    const deadlines = sides.map(({ workloads }) => workloads.map(({ deadlineMs }) => deadlineMs))
    expect(new Set(deadlines.map(String)).size).toBe(1)
    expect(deadlines[0]).not.toContain(undefined)
  })

  test('is told a row a side, with the seed and the way to each', async () => {
    const io = fakeIo({}, (scenario) => fakeRun(scenario))
    expect(await runCli(['demo', preset.name, '--seed', '5', '--json', 'demo.json'], io)).toBe(0)
    expect(io.printed.out).toMatch(/^ +goodput +p99 +amplification +recovery$/m)
    expect(io.printed.out).toContain('seed 5')
    for (const { id, label } of preset.sides) {
      expect(io.printed.out).toMatch(new RegExp(`^ +${label} +99\\.0%`, 'm'))
      expect(io.printed.out).toContain(`seakeep demo ${preset.name} --only ${id} --seed 5`)
    }
    expect(JSON.parse(io.files.get('/demo.json') ?? '')).toMatchObject({ runs: preset.sides.map(() => ({ seed: 5 })) })
  })
})

test('one side alone is reported in full', async () => {
  const io = fakeIo()
  expect(await runCli(['demo', '--only', 'naive'], io)).toBe(0)
  expect(io.simulated).toHaveLength(1)
  expect(io.printed.out).toContain('SERVICES')
  expect(io.printed.out).toContain('seakeep demo online-boutique --only naive --seed 1')
})

test('Ctrl-C ends it with what was measured', async () => {
  const io = fakeIo({}, (scenario, _, self) => {
    self.interrupt()
    return fakeRun(scenario, { interrupted: true })
  })
  expect(await runCli(['demo'], io)).toBe(130)
  expect(io.printed.out).toContain('bare calls (cut)')
  expect(io.simulated).toHaveLength(1)
})

test('the stories are listed', async () => {
  const io = fakeIo()
  expect(await runCli(['demo', '--list'], io)).toBe(0)
  expect(io.printed.out.trim().split('\n')).toHaveLength(PRESETS.length)
})
