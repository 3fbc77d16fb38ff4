import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { fakeIo } from '../../test/fake-run.ts'
import { shopTraces } from '../../test/trace-fixture.ts'
import * as sim from '../index.ts'
import { runScenario } from '../running/run-scenario.ts'
import { loadScenario, resolveLoaded } from '../scenario/node-load-scenario.ts'
import { runCli } from './commands.ts'

const SHOP = {
  services: [{ name: 'web', numReplicas: 3, script: [{ sleep: '2ms' }, { call: 'db one' }] }, { name: 'db one' }],
}
const EDGES = [
  { parent: 'web', child: 'db', callCount: 250 },
  { parent: 'edge', child: 'web', callCount: 100 },
]

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-import-'))
  const write = (name: string, data: unknown): void => writeFileSync(join(cwd, name), JSON.stringify(data))
  write('graph.json', SHOP)
  write('edges.json', { data: EDGES })
  write('traces.json', shopTraces(40).file)
  write('odd.json', {
    data: [
      { parent: 'a "b": #1', child: 'true', callCount: 1 },
      { parent: 'true', child: '__proto__', callCount: 1 },
    ],
  })
  write('done.sim.json', { topology: { web: {} }, workload: [{ poisson: { to: 'web', rate: 1 } }] })
  write('other.json', { a: 1 })
  write('bad.json', { data: [{ parent: 'a', child: 'b', callCount: 'many' }] })
  writeFileSync(join(cwd, 'cut.json'), `${'{"data": [1, '.padEnd(200_000)}\n`)
})
afterAll(() => rmSync(cwd, { recursive: true }))

async function cli(args: string): Promise<{ code: number; out: string; err: string }> {
  const io = fakeIo({ cwd, writeFile: (path, text) => writeFileSync(path, text) })
  return { code: await runCli(args.split(' '), io), ...io.printed }
}

/** What a file runs as, for six seconds. */
async function traceHash(file: string): Promise<string> {
  const scenario = resolveLoaded(await loadScenario(file, cwd), { durationMs: 6000 })
  return (await runScenario(scenario, {})).document.traceHash
}

describe('what is written runs as the bare file does', () => {
  test.each(['graph', 'edges', 'traces', 'odd'])('%s, as YAML and as JSON', { timeout: 60_000 }, async (name) => {
    const bare = await traceHash(`${name}.json`)
    for (const ending of ['sim.yaml', 'sim.json']) {
      const { code, err } = await cli(`import ${name}.json -o ${name}.${ending}`)
      expect([code, err.split('\n')[0]]).toEqual([
        0,
        expect.stringContaining(`imported; seakeep run ${name}.${ending}`),
      ])
      expect(await traceHash(`${name}.${ending}`)).toBe(bare)
    }
  })

  test.each(['graph', 'edges', 'traces', 'odd'])('%s: code is the same scenario', async (name) => {
    const { out } = await cli(`import ${name}.json`)
    await cli(`import ${name}.json -o ${name}.sim.ts`)
    const code = readFileSync(join(cwd, `${name}.sim.ts`), 'utf8')
    const [, helpers = ''] = /^import \{ (.*) \} from '@seakeep\/sim'$/m.exec(code) ?? []
    const names = helpers.split(', ')
    const helpersOf = new Map<string, unknown>(Object.entries(sim))
    const body = code.replace(/^import .*$/m, '').replace('export default', 'return')
    const scenario: unknown = new Function(...names, body)(...names.map((one) => helpersOf.get(one)))
    expect(scenario).toEqual(parse(out))
  })

  test('as YAML on standard output, with rate and name', async () => {
    const { out, err } = await cli('import edges.json --rate 7.5 --name shop')
    expect(parse(out)).toMatchObject({ name: 'shop', workload: [{ poisson: { to: 'edge', rate: 7.5, maxDepth: 20 } }] })
    expect(out).toContain('#   - Work: exponential with a mean of 5 ms, at every service.\n')
    expect(out).toContain('\n  edge: { replicas: 2, work: { exponential: { mean: 5ms } }, calls: [web] }\n')
    expect(err).toContain(
      'edges.json: 3 services imported; what was inferred and what was guessed stands at its head\n',
    )
  })

  test('no line of it is longer than 120, and each service says what was seen of it', async () => {
    for (const ending of ['yaml', 'json', 'ts']) {
      await cli(`import traces.json -o wide.sim.${ending}`)
      const lines = readFileSync(join(cwd, `wide.sim.${ending}`), 'utf8').split('\n')
      // The notes of JSON are sentences, which it cannot break.
      const others = ending === 'json' ? lines.slice(lines.findIndex((line) => line.startsWith('  "duration"'))) : lines
      expect(others.filter((line) => line.length > 120)).toEqual([])
      if (ending !== 'json')
        expect(lines.some((line) => /^ +(#|\/\/) 40 requests, .* on average/.test(line))).toBe(true)
    }
  })

  test('JSON keeps the notes', async () => {
    await cli('import graph.json -o noted.sim.json')
    const { notes } = JSON.parse(readFileSync(join(cwd, 'noted.sim.json'), 'utf8')) as { readonly notes: string[] }
    expect(notes).toEqual([
      expect.stringMatching(/^Changed or left out: .*graph\.json: service "db one" is called db-one here$/),
    ])
  })
})

describe('a scenario that names the file', () => {
  const named = async (topology: string): Promise<ReturnType<typeof resolveLoaded>> => {
    writeFileSync(join(cwd, 'named.sim.yaml'), `topology: ${topology}`)
    return resolveLoaded(await loadScenario('named.sim.yaml', cwd))
  }

  test('has load and network from it', async () => {
    expect(sim.fromJaeger('traces.json')).toEqual({ jaeger: 'traces.json' })
    const { network, services, workloads } = await named('{ jaeger: traces.json }')
    expect(network.latency.meanMs).toBe(0.15)
    expect(services.map(({ name }) => name).sort()).toEqual(['mail', 'prices', 'shop', 'stock'])
    expect(workloads).toMatchObject([
      { to: [{ service: 'shop', method: 'GET /cart' }], arrivals: { ratePerSecond: 100 } },
    ])
  })

  test('has to call it what it is', async () => {
    expect(sim.fromOtlp('edges.json')).toEqual({ otlp: 'edges.json' })
    expect(sim.fromJaegerDependencies('edges.json')).toEqual({ jaegerDependencies: 'edges.json' })
    await expect(named('{ jaegerDependencies: edges.json }')).resolves.toMatchObject({ workloads: [{ maxDepth: 20 }] })
    await expect(named('{ otlp: edges.json }')).rejects.toThrow(
      /^topology\.otlp: .*edges\.json holds a Jaeger dependency graph; write it as \{ jaegerDependencies: … \}/,
    )
    await expect(named('{ jaeger: traces.json, web: {} }')).rejects.toThrow(
      'jaeger stands alone: the graph is in its file',
    )
  })
})

describe('what cannot be imported', () => {
  test.each([
    ['import', 'no file is named; seakeep import traces.json -o shop.sim.yaml'],
    ['import a.json b.json', 'one file at a time'],
    ['import graph.json -o graph.json', '--output: graph.json is the file that is read'],
    ['import graph.json --rate 0', '--rate: 0 is not allowed'],
    ['import graph.json --out x', 'unknown option --out; did you mean --output?'],
    ['import done.sim.json', 'done.sim.json is a scenario already; seakeep run done.sim.json'],
    ['import gone.json', 'gone.json does not exist'],
    ['import other.json', 'is neither a scenario nor a service graph'],
    ['import bad.json', 'data.0.callCount: "many" is not allowed; a whole number of calls, not negative ('],
    ['import cut.json', 'cut.json:2:1: not readable as JSON: it ends too early'],
  ])('%s', async (args, message) => {
    const { code, err } = await cli(args)
    expect([code, err]).toEqual([2, expect.stringContaining(message)])
  })
})
