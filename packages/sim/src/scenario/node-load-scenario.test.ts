import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadScenario, resolveLoaded } from './node-load-scenario.ts'

let folder = ''
const path = (name: string): string => join(folder, name)
const load = (name: string) => loadScenario(name, folder)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seakeep-load-'))
  mkdirSync(path('sims'))
  const scenario = { topology: { web: {} }, workload: [{ poisson: { to: 'web', rate: 1 } }] }
  const files: Readonly<Record<string, string>> = {
    'checkout.sim.ts': `const rate: number = 1\nexport default { topology: { web: {} }, workload: [{ poisson: { to: 'web', rate } }] }`,
    'named.mjs': 'export const scenario = {}',
    'function.js': 'export default () => ({})',
    'throws.sim.ts': `throw new TypeError('no database')`,
    'unparsable.mjs': 'export default { topology: ',
    'lost-import.mjs': "import './gone.mjs'\nexport default {}",
    'sims/data.sim.yaml': `policies: ../policies.yaml\n${JSON.stringify(scenario).slice(1, -1)}`.replace(
      /^(.*)\n(.*)$/s,
      '{ $1, $2 }',
    ),
    'policies.yaml': 'version: 1\ntargets: { "*": { timeout: 1s } }',
    'broken.yaml': 'topology:\n  web: [1\nworkload: 3',
    'line.sim.yaml': 'topology:\n  web:\n    replicas: 0\nworkload: [{ poisson: { to: web, rate: 1 } }]',
    'graph.json': JSON.stringify({ services: [{ name: 'a', script: [{ call: 'b' }] }, { name: 'b' }] }),
    'imported.sim.yaml': 'topology: { isotope: graph.json }\nname: imported',
    'otlp.json': '{ "resourceSpans": [] }',
    'jaeger.json': '{ "data": [{ "spans": [] }] }',
    'dependencies.json': '[{ "parent": "a", "child": "b", "callCount": -3 }]',
    'wrapped.json': '{ "data": [{ "parent": "a", "child": "b" }] }',
    'other.yaml': 'a: 1\nb: 2',
    'list.yaml': '[1, 2]',
    'notes.txt': '',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(path(name), text)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a scenario', () => {
  test('in code is what its module exports by default', async () => {
    const loaded = await load('checkout.sim.ts')
    expect(loaded).toMatchObject({ name: 'checkout', baseDir: folder, isBare: false })
    expect(resolveLoaded(loaded)).toMatchObject({ name: 'checkout', warmupMs: 0, services: [{ name: 'web' }] })
  })

  test('in data finds its files beside itself', async () => {
    const scenario = resolveLoaded(await load('sims/data.sim.yaml'))
    expect(scenario.policies?.policyFor('client', 'web')?.timeoutMs).toBe(1000)
  })

  test('with an imported topology gets its workload from there, and keeps its own defaults', async () => {
    const scenario = resolveLoaded(await load('imported.sim.yaml'), { ratePerSecond: 7 })
    expect(scenario).toMatchObject({ name: 'imported', warmupMs: 0 })
    expect(scenario.workloads).toMatchObject([{ id: 'a', arrivals: { kind: 'poisson', ratePerSecond: 7 } }])
  })
})

describe('a bare service graph', () => {
  test('runs for a minute with a warm-up of 5 s at 100 calls a second', async () => {
    const scenario = resolveLoaded(await load('graph.json'))
    expect(scenario).toMatchObject({ name: 'graph', durationMs: 60_000, warmupMs: 5000, policies: undefined })
    expect(scenario.workloads).toMatchObject([{ id: 'a', arrivals: { kind: 'poisson', ratePerSecond: 100 } }])
  })

  test('a short run has a shorter warm-up', async () => {
    expect(resolveLoaded(await load('graph.json'), { durationMs: 4000 })).toMatchObject({ warmupMs: 2000 })
  })
})

describe('what cannot be used', () => {
  test.each([
    ['missing.sim.ts', 'does not exist'],
    ['sims', 'is a folder; name a scenario in it'],
    ['notes.txt', 'a scenario ends in .ts, .mts, .js, .mjs, .cjs, .yaml, .yml, .json'],
    ['named.mjs', 'has no default export; write export default defineScenario({ … }); it exports scenario'],
    ['function.js', 'its default export is a function; export the scenario itself'],
    ['broken.yaml', 'broken.yaml:3:1: not readable as YAML or JSON: '],
    ['otlp.json', 'holds no spans'],
    ['jaeger.json', 'holds no spans'],
    ['dependencies.json', '0.callCount: -3 is not allowed; a whole number of calls, not negative'],
    ['wrapped.json', 'data.0.callCount: is missing'],
    ['policies.yaml', 'is a policy document, not a scenario; give it with --policies'],
    [
      'other.yaml',
      'is neither a scenario nor a service graph; a scenario has a topology, an isotope service graph a list of services, OTLP traces have resourceSpans, Jaeger traces data with spans, and Jaeger dependencies are a list of { parent, child, callCount }; its keys are a, b',
    ],
    ['list.yaml', 'it holds no object'],
  ])('%s is named, with the reason', async (name, reason) => {
    const error = await load(name).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'SEAKEEP_CONFIG', message: expect.stringContaining(reason) })
    expect((error as Error).message).toContain(name)
  })

  test('an error found later names the line', async () => {
    const loaded = await load('line.sim.yaml')
    expect(() => resolveLoaded(loaded)).toThrow(
      /^topology\.web\.replicas: 0 is not allowed; .* \(.*line\.sim\.yaml:3:5\)$/,
    )
  })

  // In a process of its own, since vitest reads modules in its own way.
  test.each([
    ['unparsable.mjs', /^seakeep: unparsable\.mjs: Unexpected end of input\n$/],
    ['lost-import.mjs', /^seakeep: lost-import\.mjs: .*gone\.mjs.*\n$/],
  ])('%s is a file that cannot be read, and no code that threw', (name, reason) => {
    const cli = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
    const run = spawnSync(process.execPath, ['-C', '@seakeep/source', cli, 'run', name], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(run.stderr).toMatch(reason)
    expect(run.status).toBe(2)
  })

  test('what the code throws comes through as it is', async () => {
    await expect(load('throws.sim.ts')).rejects.toThrow(new TypeError('no database'))
  })
})
