import { describe, expect, test } from 'vitest'
import { fakeIo, fakeRun } from '../../test/fake-run.ts'
import { loadScenario, resolveLoaded } from '../scenario/node-load-scenario.ts'
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts'
import { runCli } from './commands.ts'
import { PACKS } from './packs.ts'
import { PRESETS } from './presets.ts'

describe.each(PRESETS)('the story $name', (preset) => {
  test('resolves under each of its policies without a warning, judged by one deadline', async () => {
    const loaded = await loadScenario(preset.file)
    const sides = preset.sides.map(({ policies, settings }) => resolveLoaded(loaded, { policies, settings }))
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
  const { out } = io.printed
  for (const { name } of [...PRESETS, ...PACKS]) expect(out).toMatch(new RegExp(`^  ${name} `, 'm'))
  expect(out).toMatch(/^Breakers and outliers:\n {2}dead-dependency /m)
})

describe('a pack', () => {
  const told = (scenario: ResolvedScenario, fails: ReadonlySet<string>) =>
    fakeRun(scenario, { passed: !fails.has(`${scenario.name} ${scenario.policies?.hash} ${scenario.durationMs}`) })
  /** The runs that are told to fail, by what tells them apart. */
  const failing = async (name: string): Promise<Set<string>> => {
    const found = new Set<string>()
    for (const { story, settings: shorter } of PACKS.find((one) => one.name === name)?.stories ?? []) {
      const preset = PRESETS.find((one) => one.name === story)
      const loaded = await loadScenario(preset?.file ?? '')
      for (const { fails, policies, settings } of preset?.sides ?? []) {
        const scenario = resolveLoaded(loaded, { policies, settings: [...shorter, ...settings] })
        if (fails) found.add(`${scenario.name} ${scenario.policies?.hash} ${scenario.durationMs}`)
      }
    }
    return found
  }

  test('called smoke runs all sides of four stories for 30 s each, and holds them to what they tell', async () => {
    const fails = await failing('smoke')
    const io = fakeIo({}, (scenario) => told(scenario, fails))
    expect(await runCli(['demo', 'smoke', '--seed', '3', '--json', 'smoke.json'], io)).toBe(0)
    const ran = io.simulated.map(({ name }) => name)
    expect([...new Set(ran)]).toEqual(['retry-storm', 'gray-instance', 'slow-backend', 'slow-dependency'])
    expect(ran).toHaveLength(19)
    expect(io.simulated.every(({ durationMs, seed }) => durationMs === 30_000 && seed === 3)).toBe(true)
    // Nothing of a story is cut off: its faults are over with time left to recover in, or were there from the beginning on.
    const ends = io.simulated.flatMap(({ faults }) => faults.map(({ untilMs }) => untilMs))
    expect(ends.every((ms) => ms <= 22_500 || ms === Number.POSITIVE_INFINITY)).toBe(true)
    expect(io.printed.out).toContain('19 runs in')
    expect(io.printed.out).toContain('all as told')
    expect(JSON.parse(io.files.get('/smoke.json') ?? '').runs).toHaveLength(19)
  })

  test('fails, and names the run, where a side turns out otherwise', async () => {
    const io = fakeIo({}, (scenario) => fakeRun(scenario))
    expect(await runCli(['demo', 'smoke'], io)).toBe(1)
    expect(io.printed.out).toMatch(/✗ retry-storm +no budget +99\.0% good, passes, told to fail/)
    expect(io.printed.out).toContain('seakeep demo retry-storm --only no-budget --seed 1')
  })

  test('called standard or full has stories that there are, each once; and full has all', () => {
    for (const { stories } of PACKS) {
      const names = stories.map(({ story }) => story)
      expect(new Set(names).size).toBe(names.length)
      expect(PRESETS.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
    }
    expect(PACKS.find(({ name }) => name === 'full')?.stories).toHaveLength(PRESETS.length)
  })

  test('ends with Ctrl-C, and takes no side', async () => {
    const io = fakeIo({}, (scenario, _, self) => {
      self.interrupt()
      return fakeRun(scenario, { interrupted: true })
    })
    expect(await runCli(['demo', 'smoke'], io)).toBe(130)
    expect(io.simulated).toHaveLength(1)
    const other = fakeIo()
    expect(await runCli(['demo', 'smoke', '--only', 'bare'], other)).toBe(2)
    expect(other.printed.err).toContain('--only is of a story; smoke is a pack')
  })
})
