import { describe, expect, test } from 'vitest'
import { fakeRun } from '../../test/fake-run.ts'
import type { RunDocument } from '../recording/run-document.ts'
import { resolveScenario } from '../scenario/resolving/resolve-scenario.ts'
import { runsAsJson } from './json.ts'
import { COLOURS, NO_PAINT, wantsColour } from './paint.ts'
import { prettyRun } from './pretty.ts'
import { prettySeeds, seedLine } from './pretty-seeds.ts'
import { table } from './table.ts'

const scenario = resolveScenario({
  name: 'payment brownout',
  warmup: '10s',
  topology: { gateway: { replicas: 4, calls: ['payments'] }, payments: { replicas: 6 } },
  workload: [
    { poisson: { to: 'gateway', rate: 20, deadline: '2s' } },
    { poisson: { to: 'gateway', rate: 1, name: 'probe' } },
  ],
  faults: [
    { at: '20s', slow: { target: 'payments', add: '800ms', for: '10s' } },
    { at: '30s', crash: { target: 'gateway#3' } },
  ],
  thresholds: {
    'gateway.goodput': ['ratio>=0.99'],
    'gateway.latency': ['p(99)<1s'],
    'client>gateway.amplification': ['value<1.25'],
    'gateway.recovery': ['time<5s'],
    'gateway.offered': ['rate>1'],
  },
})
const thresholds = [
  { metric: 'gateway.goodput', expression: 'ratio>=0.99', value: 0.993, ok: true },
  { metric: 'gateway.latency', expression: 'p(99)<1s', value: 1260, ok: false },
  { metric: 'client>gateway.amplification', expression: 'value<1.25', value: null, ok: false },
  { metric: 'gateway.recovery', expression: 'time<5s', value: null, ok: false },
  { metric: 'gateway.offered', expression: 'rate>1', value: 20.04, ok: true },
]
const events$ = [
  { atMs: 21_000, type: 'circuitOpened', service: 'payments', endpoint: 'payments#1' },
  { atMs: 22_500, type: 'circuitOpened', service: 'payments' },
  { atMs: 45_000, type: 'instanceExpired', endpoint: 'gateway#3' },
]
const report = (change: Partial<RunDocument>) =>
  prettyRun(fakeRun(scenario, change), { scenario, replay: 'seakeep replay x.sim.ts --seed 1', paint: NO_PAINT })

describe('a report', () => {
  test('of a run that failed', () => {
    expect(report({ passed: false, thresholds, events$, policiesHash: 'a91c' })).toMatchInlineSnapshot(`
      " ✗ payment brownout  failed  1m (10s warm-up) of virtual time · 2 services, 10 instances

        THRESHOLDS
          ✓  gateway.goodput               ratio>=0.99  99.3%
          ✗  gateway.latency               p(99)<1s     1.26s
          ✗  client>gateway.amplification  value<1.25   – (nothing measured)
          ✗  gateway.recovery              time<5s      never
          ✓  gateway.offered               rate>1       20.0/s

        WORKLOAD
                   offered  rate/s  goodput  failed  rejected   p50   p99    max  judged by
          gateway    1,000    20.0    99.0%       6         4  10ms  40ms  120ms  deadline 2s
          probe      1,000    20.0    99.0%       6         4  10ms  40ms  120ms  no deadline

        EDGES
                          eff/s  act/s   amp     ok   p50   p99  not ok
          client>gateway   20.0   22.0  1.10  99.0%  10ms  40ms  timeout 6, circuit-open 4
          probe>gateway    20.0   22.0  1.10  99.0%  10ms  40ms  timeout 6, circuit-open 4

        SERVICES
                    inst  arrivals/s  goodput  errors  refused   util  queue mean  queue p99
          gateway      4        20.2    99.0%       6        4  50.0%         1ms        8ms
          payments     6        20.2    99.0%       6        4  50.0%         1ms        8ms

        FAULTS AND EVENTS
          0:20.000  ⚡  slow payments +800ms     until 0:30.000
          0:21.000  ·  circuitOpened payments   2 times, last 0:22.500
          0:30.000  ⚡  crash gateway#3          to the end
          0:45.000  ·  instanceExpired gateway

        seed      1
        trace     9f3c21aa00112233   policies a91c
        speed     4,000 calls in 100ms · 600× real time · 40k calls/s
        replay    seakeep replay x.sim.ts --seed 1
      "
    `)
  })

  test('fits into a hundred columns', () => {
    const lines = report({ passed: false, thresholds, events$ }).split('\n')
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(100)
  })

  test('says what became of the run', () => {
    expect(report({})).toContain('✓ payment brownout  done')
    expect(report({ thresholds: thresholds.slice(0, 1) })).toContain('✓ payment brownout  passed')
    expect(report({ interrupted: true, virtualMs: 12_000 })).toContain('stopped at 12s of 1m')
    expect(report({ invalid: ['gateway.goodput ratio>=0.99 was 0.7 before the first fault'] })).toContain(
      '! payment brownout  invalid experiment',
    )
  })

  test('shows the busiest of many, and says of how many', () => {
    const many = resolveScenario({
      topology: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`s${i}`, {}])),
      workload: [{ poisson: { to: 's0', rate: 1 } }],
    })
    const text = prettyRun(fakeRun(many), { scenario: many, replay: '', paint: NO_PAINT })
    expect(text).toContain('SERVICES (the 15 busiest of 40)')
    expect(text.slice(text.indexOf('SERVICES')).match(/^ {4}s\d+ /gm)).toHaveLength(15)
  })
})

describe('many seeds', () => {
  const runs = [1, 2, 3].map((seed) =>
    fakeRun(
      { ...scenario, seed },
      {
        passed: seed !== 2,
        thresholds: [
          {
            metric: 'gateway.goodput',
            expression: 'ratio>=0.99',
            value: seed === 2 ? 0.8 : 0.99 + seed / 1000,
            ok: seed !== 2,
          },
        ],
      },
    ),
  )

  test('a line each, then the worst and how to see it again', () => {
    const one = { ...scenario, thresholds: scenario.thresholds.slice(0, 1) }
    const text = prettySeeds(runs, { scenario: one, replay: (seed) => `replay ${seed}`, paint: NO_PAINT })
    expect(runs.map((run) => seedLine(run, NO_PAINT)).join('')).toBe(
      [
        '  ✓ seed 1  goodput gateway 99.0%, probe 99.0%',
        '  ✗ seed 2  goodput gateway 99.0%, probe 99.0%  failed gateway.goodput',
        '  ✓ seed 3  goodput gateway 99.0%, probe 99.0%',
        '',
      ].join('\n'),
    )
    expect(text).toContain('✗ payment brownout  2 of 3 seeds passed')
    expect(text).toContain('✗  gateway.goodput  ratio>=0.99  worst 80.0% (seed 2)  median 99.1%')
    expect(text).toContain('replay  replay 2')
  })
})

test('JSON is one document, or several in one', () => {
  const run = fakeRun(scenario)
  expect(JSON.parse(runsAsJson([run], false))).toEqual(run)
  expect(JSON.parse(runsAsJson([run], true))).toEqual({ schema: 'seakeep.runs/1', runs: [run] })
})

describe('colour', () => {
  test.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { TERM: 'dumb' }, false],
    [false, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('on a terminal %s with %j: %s', (isTty, env, wanted) => {
    expect(wantsColour(isTty, env)).toBe(wanted)
  })

  test('columns stand straight with it', () => {
    const draw = (paint: typeof COLOURS) =>
      table(
        [{ title: 'a' }, { title: 'b', align: 'right' }],
        [
          ['x', { text: '1', tone: 'bad' }],
          ['yy', '100'],
        ],
        paint,
      )
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g')
    expect(draw(COLOURS)).toMatch(escapes)
    expect(draw(COLOURS).replace(escapes, '')).toBe(draw(NO_PAINT))
    expect(draw(NO_PAINT)).toBe('  a     b\n  x     1\n  yy  100')
  })
})
