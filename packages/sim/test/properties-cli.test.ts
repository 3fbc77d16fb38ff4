// Properties, invariants and swarms on the command line: verdicts, several seeds, shards, reporters, shrinking.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { play, wordsOf, writeFiles } from './real-io.ts'

/** A breaker opens where an instance of pay is gone, which some of the seeds draw. */
const SHOP = `
name: shop
duration: 12s
network: { latency: 0 }
topology:
  shop: { replicas: 2, work: 2ms, calls: [pay] }
  pay: { replicas: 2, work: 5ms }
policies: { version: 1, targets: { pay: { circuitBreaker: { minimumCalls: 5, window: 1s, per: endpoint } } } }
workload: [{ constantArrivalRate: { to: shop, rate: 50, deadline: 1s } }]
`
const CRASHED = `${SHOP}faults: [{ at: 4s, crash: { target: pay, restartAfter: 4s } }, { at: 1s, pause: { target: "shop#2", for: 20ms } }]\n`

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-properties-'))
  writeFiles(cwd, {
    'fails.sim.yaml': `${CRASHED}properties: { always: ["shop.goodput ratio>=0.9"], sometimes: [circuitOpened pay] }\n`,
    'never.sim.yaml': `${SHOP}properties: { sometimes: [circuitOpened] }\n`,
    'swarm.sim.yaml': `${SHOP}swarm: { kinds: [crash, slow], faults: 2 }\nproperties: { sometimes: [circuitOpened pay] }\n`,
    'dead.sim.yaml': `${SHOP.replace('name: shop', 'name: dead')}faults: [{ at: 1s, crash: { target: "pay#1" } }, { at: 2s, slow: { target: shop, add: 1ms } }]\ninvariants: [{ noCallToDead: 2s }, deadline]\n`,
  })
})
afterAll(() => rmSync(cwd, { recursive: true }))

describe('one run', () => {
  it('that breaks a property exits 1 and says which, when, and how to see it again', async () => {
    const { code, out } = await play(cwd, 'run fails.sim.yaml --json run.json')
    expect(code).toBe(1)
    expect(out).toMatch(/✗ +always +shop\.goodput ratio>=0\.9 +0% at 0:04\.000, not in [4-8] of 12 steps/)
    expect(out).toMatch(/✓ +sometimes +circuitOpened pay +\d+ times, first at 0:0/)
    expect(out).toContain('seakeep replay fails.sim.yaml --seed 1')
    const run = JSON.parse(readFileSync(join(cwd, 'run.json'), 'utf8'))
    expect(run).toMatchObject({ passed: false, properties: [{ kind: 'always', ok: false, value: 0, atMs: 4000 }, {}] })
  })

  it('is asked for invariants on the command line, and its replay asks, too', async () => {
    const { code, out } = await play(cwd, 'run dead.sim.yaml --invariants all')
    expect(code).toBe(1)
    expect(out).toMatch(/✗ +invariant +noCallToDead 2s +shop#[12]>pay \(client-\d+\) at 0:0\d\.\d+: sent to pay#1/)
    expect(out).toMatch(/✓ +invariant +breakerTransitions +held/)
    const command = /replay +seakeep (.*)/.exec(out)?.[1] ?? ''
    expect(command).toBe('replay dead.sim.yaml --seed 1 --invariants all')
    expect((await play(cwd, command)).code).toBe(1)
    const unknown = await play(cwd, 'run dead.sim.yaml --invariants deadlin')
    expect(unknown.code).toBe(2)
    expect(unknown.err).toContain('--invariants: "deadlin" is no invariant; allowed: all, conservation')
  })

  it('is told by every reporter', async () => {
    await play(cwd, 'run fails.sim.yaml dead.sim.yaml --reporter junit,html,ndjson --output-dir reports')
    const junit = readFileSync(join(cwd, 'reports/junit.xml'), 'utf8')
    expect(junit).toContain('name="always shop.goodput ratio&gt;=0.9 (seed 1)"')
    expect(junit).toContain(
      '<failure message="always shop.goodput ratio&gt;=0.9: 0% at 0:04.000, not in 6 of 12 steps">',
    )
    expect(junit).toMatch(/<failure message="invariant noCallToDead 2s: \S+ \(client-\d+\) at 0:0/)
    expect(readFileSync(join(cwd, 'reports/dead.html'), 'utf8').includes('<li>✓ invariant deadline: held</li>')).toBe(
      true,
    )
    const github = await play(cwd, 'run fails.sim.yaml --reporter github')
    expect(github.out).toContain('always shop.goodput ratio>=0.9: 0%25 at 0:04.000')
  })
})

describe('several seeds', () => {
  it('need one that shows what must happen at some time', async () => {
    const some = await play(cwd, 'run swarm.sim.yaml --seeds 8 --json runs.json')
    expect(some.code).toBe(0)
    expect(some.out).toMatch(/✓ +sometimes +circuitOpened pay +in [1-7] of 8 seeds/)
    const { runs } = JSON.parse(readFileSync(join(cwd, 'runs.json'), 'utf8'))
    expect(runs.every(({ passed }: { passed: boolean }) => passed)).toBe(true)
    const missed = runs.find(({ properties }: { properties: { value: number }[] }) => properties[0]?.value === 0)
    expect((await play(cwd, `run swarm.sim.yaml --seed ${missed.seed}`)).code).toBe(1)
  })

  it('of which none does have failed together, also as shards that are merged', async () => {
    const none = await play(cwd, 'run never.sim.yaml --seeds 3')
    expect(none.code).toBe(1)
    expect(none.out).toContain('✗ sometimes circuitOpened: in none of 3 seeds')
    for (const part of [1, 2]) {
      const shard = await play(cwd, `run never.sim.yaml --seeds 3 --shard ${part}/2 --json shard-${part}.json`)
      expect(shard.code).toBe(0)
    }
    const merged = await play(cwd, 'merge shard-1.json shard-2.json')
    expect(merged.code).toBe(1)
    expect(merged.out).toContain('✗ sometimes circuitOpened: in none of 3 seeds')
  })
})

describe('a swarm', () => {
  it('says what it drew, and its replay draws the same', async () => {
    const { out } = await play(cwd, 'run never.sim.yaml --swarm --seed 5')
    const [, drawn = ''] = /swarm +(\S.*)/.exec(out) ?? []
    expect(drawn).toMatch(/ at [\d.]+s/)
    const command = /replay +seakeep (.*)/.exec(out)?.[1] ?? ''
    expect(command).toBe('replay never.sim.yaml --seed 5 --swarm')
    const again = await play(cwd, command)
    expect(again.out).toContain(drawn)
    expect(/trace +\S+/.exec(again.out)?.[0]).toBe(/trace +\S+/.exec(out)?.[0])
  })

  it('is written down as a list of faults that needs no draw', async () => {
    const first = await play(cwd, 'run never.sim.yaml --swarm --seed 5 -o drawn.sim.yaml')
    const drawn = parse(readFileSync(join(cwd, 'drawn.sim.yaml'), 'utf8'))
    expect(drawn.faults.length).toBeGreaterThan(0)
    expect(drawn).not.toHaveProperty('swarm')
    const again = await play(cwd, 'run drawn.sim.yaml')
    expect(/trace +\S+/.exec(again.out)?.[0]).toBe(/trace +\S+/.exec(first.out)?.[0])
    expect((await play(cwd, 'run never.sim.yaml --seeds 2 -o x.yaml')).code).toBe(2)
  })
})

it('a broken invariant is shrunk to the fault it takes, and keeps what it was given', { timeout: 60_000 }, async () => {
  const { code, out } = await play(cwd, 'shrink dead.sim.yaml --seed 1 -o small.sim.yaml')
  expect(code).toBe(0)
  const small = parse(readFileSync(join(cwd, 'small.sim.yaml'), 'utf8'))
  expect(small.invariants).toEqual([{ noCallToDead: '2s' }])
  expect(small.faults).toEqual([{ at: '1s', crash: { target: 'pay#1' } }])
  expect(wordsOf(/replay +seakeep (.*)/.exec(out)?.[1] ?? '')[0]).toBe('replay')
})
