import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '@seakeep/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeIo, fakeIo, fakeRun } from '../../test/fake-run.ts'
import { runCli } from './commands.ts'
import { worst } from './exit-code.ts'

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-cli-'))
  const scenario = 'topology: { web: {} }\nworkload: [{ poisson: { to: web, rate: 1 } }]\n'
  writeFileSync(join(cwd, 'good.sim.yaml'), `name: good\n${scenario}`)
  writeFileSync(join(cwd, 'other.sim.yaml'), `seed: 40\n${scenario}`)
  writeFileSync(join(cwd, 'bad.sim.yaml'), `${scenario}fautls: []\n`)
  writeFileSync(join(cwd, 'throws.sim.mjs'), 'throw new TypeError("no database")')
  writeFileSync(join(cwd, 'graph.yaml'), 'services: [{ name: a, type: grpc }]')
  writeFileSync(join(cwd, 'package.json'), '{}')
  writeFileSync(join(cwd, 'policies.yaml'), 'version: 1\ntargets: { "*": { timeout: 1s } }')
})
afterAll(() => rmSync(cwd, { recursive: true }))

async function cli(
  args: string,
  io: FakeIo = fakeIo({ cwd }),
): Promise<{ code: number; out: string; err: string; io: FakeIo }> {
  const code = await runCli(args === '' ? [] : args.split(' '), io)
  return { code, ...io.printed, io }
}
const failing = () => fakeIo({ cwd }, (scenario) => fakeRun(scenario, { passed: false }))

describe('exit codes', () => {
  test('0 where everything holds', async () => {
    const { code, out, err } = await cli('run good.sim.yaml')
    expect(code).toBe(0)
    expect(out).toContain('✓ good  done')
    expect(out).toContain('replay    seakeep replay good.sim.yaml --seed 1')
    expect(err).toBe('')
  })

  test('1 where a threshold failed, with the seed and the way to replay it', async () => {
    const { code, out } = await cli(
      'run good.sim.yaml --seed 0x1f --duration 30s --set topology.web.replicas=2',
      failing(),
    )
    expect(code).toBe(1)
    expect(out).toContain('seed      31')
    expect(out).toContain(
      'replay    seakeep replay good.sim.yaml --seed 31 --duration 30s --set topology.web.replicas=2',
    )
  })

  test.each([
    ['', 'seakeep: runs your service governance'],
    ['rnu x', 'seakeep: unknown command rnu; one of demo, run, replay, import, report, merge, '],
    ['good.sim.yaml', 'did you mean seakeep run good.sim.yaml?'],
    [
      'shrink good.sim.yaml',
      'good.sim.yaml does not fail with seed 1: it has no thresholds; there is nothing to shrink',
    ],
    ['run', 'seakeep: no scenario is named; seakeep run sims/checkout.sim.ts'],
    ['run good.sim.yaml --sede 3', 'seakeep: unknown option --sede; did you mean --seed?'],
    ['run good.sim.yaml --seed', 'seakeep: --seed needs a value: --seed S'],
    ['run good.sim.yaml --seed --bail', 'seakeep: --seed needs a value: --seed S'],
    ['run good.sim.yaml --bail=1', 'seakeep: --bail takes no value'],
    ['run good.sim.yaml --seed 1.5', 'seakeep: --seed: 1.5 is no seed; an integer from 0 to 2^53-1 (0x… is read, too)'],
    ['run good.sim.yaml --seeds 0', 'seakeep: --seeds: 0 is not allowed'],
    [
      'run good.sim.yaml --seed 9007199254740991 --seeds 2',
      'seakeep: good.sim.yaml: --seeds: 2 seeds from 9007199254740991 on go beyond 2^53-1',
    ],
    ['run good.sim.yaml --duration 5sec', 'seakeep: --duration: "5sec" is not allowed'],
    ['run good.sim.yaml --workers 0', 'seakeep: --workers: 0 is not allowed'],
    ['run good.sim.yaml --shard 3/2', 'seakeep: --shard: 3/2 is no part; I/N with I from 1 to N'],
    ['run good.sim.yaml --filter x', 'seakeep: --filter is not available yet in this version'],
    [
      'run good.sim.yaml --reporter prety',
      'seakeep: --reporter: unknown reporter prety; one of pretty, json, ndjson, junit, github, html; did you mean pretty?',
    ],
    [
      'run good.sim.yaml --reporter pretty,json,junit',
      'seakeep: --reporter: json and junit cannot share standard output; --output-dir gives each a file',
    ],
    ['report', 'seakeep: no run document is named; seakeep report run.json'],
    ['report missing.json', 'missing.json does not exist'],
    ['report good.sim.yaml', 'seakeep: good.sim.yaml is no JSON'],
    ['report package.json', 'seakeep: package.json is no run document: its schema is not there, not seakeep.run/1'],
    [
      'report package.json --reporter pretty',
      'seakeep: --reporter: unknown reporter pretty; one of html, junit, github, ndjson',
    ],
    ['run good.sim.yaml --set a', 'seakeep: --set: "a" sets nothing; written as path=value'],
    [
      'run good.sim.yaml --set topology.wbe.replicas=2',
      'seakeep: good.sim.yaml: --set topology.wbe.replicas=2: "wbe" is not in topology; allowed: web; did you mean web?',
    ],
    ['run good.sim.yaml --set topology.web.replica=2', 'seakeep: topology.web.replica: unknown key'],
    ['run good.sim.yaml --rate 5', 'seakeep: good.sim.yaml: --rate: is for topologies without a workload of their own'],
    ['run good.sim.yaml --policies missing.yaml', 'seakeep: good.sim.yaml: policies: the file '],
    ['run missing.sim.ts', 'missing.sim.ts does not exist'],
    ['run bad.sim.yaml', 'bad.sim.yaml:3:1)'],
    ['replay good.sim.yaml', 'seakeep: replay needs the seed of the run, as --seed 7'],
    ['replay good.sim.yaml other.sim.yaml --seed 1', 'seakeep: replay takes one scenario'],
    ['replay good.sim.yaml --seed 1 --seeds 3', 'seakeep: unknown option --seeds; did you mean --seed?'],
    ['demo nothing', 'seakeep: unknown story nothing; one of online-boutique'],
    ['demo --only bar', 'seakeep: --only: unknown side bar; one of bare, naive, governed; did you mean bare?'],
  ])('2 without a stack: seakeep %s', async (args, message) => {
    const { code, out, err } = await cli(args)
    expect(code).toBe(2)
    expect(`${out}${err}`).toContain(message)
    expect(err).not.toMatch(/^\s+at /m)
  })

  test('2 where a handler asks for a service that is not there, with the way to replay it', async () => {
    const io = fakeIo({ cwd }, () => {
      throw new ConfigError('topology', 'no service smpt; did you mean smtp?')
    })
    const { code, err } = await cli('run good.sim.yaml', io)
    expect(code).toBe(2)
    expect(err).toBe(
      'seakeep: good.sim.yaml: topology: no service smpt; did you mean smtp?\n  seed    1\n  replay  seakeep replay good.sim.yaml --seed 1\n',
    )
  })

  test('3 where the scenario throws when it is read, with its stack', async () => {
    const { code, err } = await cli('run throws.sim.mjs')
    expect(code).toBe(3)
    expect(err).toMatch(/^seakeep: throws\.sim\.mjs: TypeError: no database\n {4}at .*throws\.sim\.mjs/)
  })

  test('3 where a handler throws, with its stack, what caused it, and the way to replay it', async () => {
    const io = fakeIo({ cwd }, () => {
      throw new Error('handler of web threw', { cause: new RangeError('no row') })
    })
    const { code, err } = await cli('run good.sim.yaml --seed 9', io)
    expect(code).toBe(3)
    expect(err).toMatch(/handler of web threw\n {4}at [\s\S]*caused by: RangeError: no row\n {4}at /)
    expect(err).toContain('  replay  seakeep replay good.sim.yaml --seed 9\n')
  })

  test('5 where the steady state was broken before any fault', async () => {
    const io = fakeIo({ cwd }, (scenario) => fakeRun(scenario, { passed: false, invalid: ['web.goodput'] }))
    expect((await cli('run good.sim.yaml', io)).code).toBe(5)
  })

  test('130 at Ctrl-C: what was measured is printed and written, and nothing further runs', async () => {
    const io = fakeIo({ cwd }, (scenario, { signal }, self) => {
      self.interrupt()
      return fakeRun(scenario, { interrupted: signal?.aborted === true, virtualMs: 1000 })
    })
    const { code, out } = await cli('run good.sim.yaml other.sim.yaml --json part.json', io)
    expect(code).toBe(130)
    expect(out).toContain('! good  interrupted')
    expect(io.simulated).toHaveLength(1)
    expect(JSON.parse(io.files.get(join(cwd, 'part.json')) ?? '')).toMatchObject({ runs: [{ interrupted: true }] })
  })

  test.each([
    [[0, 0], 0],
    [[0, 1, 5], 5],
    [[1, 3, 2], 2],
    [[4, 3], 3],
    [[5, 4], 4],
    [[2, 130], 130],
  ])('of several runs %j is %i', (codes, code) => {
    expect(worst(codes)).toBe(code)
  })

  test('a file that cannot be used does not keep the others from running', async () => {
    const { code, out, io } = await cli('run bad.sim.yaml good.sim.yaml')
    expect(code).toBe(2)
    expect(out).toContain('✓ good')
    expect(io.simulated).toHaveLength(1)
  })

  test('--bail stops at the first that does not pass', async () => {
    const { code, io } = await cli('run good.sim.yaml other.sim.yaml --seeds 3 --bail', failing())
    expect([code, io.simulated.length]).toEqual([1, 1])
  })
})

describe('what is run', () => {
  test('several seeds, from the scenario’s or the given one on', async () => {
    const { io } = await cli('run good.sim.yaml other.sim.yaml --seeds 2')
    expect(io.simulated.map(({ name, seed }) => [name, seed])).toEqual([
      ['good', 1],
      ['good', 2],
      ['other', 40],
      ['other', 41],
    ])
    const { io: given } = await cli('run other.sim.yaml --seeds 2 --seed 7')
    expect(given.simulated.map(({ seed }) => seed)).toEqual([7, 8])
  })

  test('other policies, or none', async () => {
    const { io } = await cli('run good.sim.yaml --policies policies.yaml')
    expect(io.simulated[0]?.policies?.policyFor('client', 'web')?.timeoutMs).toBe(1000)
    const { io: none, out } = await cli('run good.sim.yaml --policies none')
    expect(none.simulated[0]?.policies).toBeUndefined()
    expect(out).toContain('--seed 1 --policies none')
  })

  test('a bare graph, with what was left out of it', async () => {
    const { io, err } = await cli('run graph.yaml --rate 250')
    expect(io.simulated[0]?.workloads).toMatchObject([{ id: 'a', arrivals: { ratePerSecond: 250 } }])
    expect(err).toMatch(/^! .*graph\.yaml: keys not used: type\n$/)
  })
})

describe('what is written', () => {
  test('one run is the run document, several are one document', async () => {
    const { io } = await cli('run good.sim.yaml --json out/run.json')
    expect(JSON.parse(io.files.get(join(cwd, 'out/run.json')) ?? '')).toMatchObject({
      schema: 'seakeep.run/1',
      seed: 1,
    })
    const { io: several } = await cli('run good.sim.yaml --seeds 2 --json runs.json')
    const runs = [{ seed: 1 }, { seed: 2 }]
    expect(JSON.parse(several.files.get(join(cwd, 'runs.json')) ?? '')).toMatchObject({
      schema: 'seakeep.runs/1',
      runs,
    })
  })

  test('JSON on standard output is alone there; with a folder it is a file a run', async () => {
    const { out, err } = await cli('run good.sim.yaml --reporter pretty,json')
    expect(JSON.parse(out)).toMatchObject({ schema: 'seakeep.run/1' })
    expect(err).toContain('✓ good')
    const { out: pretty, io } = await cli('run good.sim.yaml --reporter pretty,json --output-dir reports')
    expect(pretty).toContain('✓ good')
    expect([...io.files.keys()]).toEqual([join(cwd, 'reports', 'good-seed-1.json')])
  })

  test('a file that cannot be written is said, and is 2', async () => {
    const io = fakeIo({
      cwd,
      writeFile: () => {
        throw new Error('read-only file system')
      },
    })
    const { code, err } = await cli('run good.sim.yaml --json run.json', io)
    expect(code).toBe(2)
    expect(err).toContain('run.json cannot be written: read-only file system')
  })
})

describe('help', () => {
  test.each(['help', '--help', '-h'])('%s lists the commands', async (args) => {
    const { code, out } = await cli(args)
    expect(code).toBe(0)
    expect(out).toMatch(/demo .*\n.*run .*\n.*replay /)
  })

  test.each(['run --help', 'help run', 'run -h'])('%s lists the options of run', async (args) => {
    const { code, out } = await cli(args)
    expect(code).toBe(0)
    expect(out).toContain('--set PATH=VALUE')
  })

  test('the version is that of the package', async () => {
    expect((await cli('version')).out).toMatch(/^seakeep \d+\.\d+\.\d+\n$/)
  })
})
