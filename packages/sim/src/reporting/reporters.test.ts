import { describe, expect, test } from 'vitest'
import { fakeRun } from '../../test/fake-run.ts'
import type { RunDocument, ThresholdReport } from '../recording/run-document.ts'
import { resolveScenario } from '../scenario/resolving/resolve-scenario.ts'
import { GithubReporter, MOST_SUMMARY_BYTES } from './github.ts'
import { htmlReport, MOST_BYTES, seedLine, seedsShown } from './html.ts'
import { JunitReporter } from './junit.ts'
import { NdjsonReporter } from './ndjson.ts'
import type { Told } from './reporter.ts'

const NAME = 'shop <1> & "co"'
const scenario = resolveScenario({
  name: NAME,
  duration: '10s',
  topology: { web: {} },
  workload: [{ poisson: { to: 'web', rate: 1 } }],
})
const told: Told = {
  file: 'a,b.sim.yaml',
  scenario: NAME,
  replay: (seed) => `seakeep replay a,b.sim.yaml --seed ${seed}`,
}
const HELD: ThresholdReport = { metric: 'web.goodput', expression: 'ratio>=0.9', value: 0.95, ok: true }
const FAILED: ThresholdReport = { metric: 'web.latency', expression: 'p(99)<1s', value: 1500, ok: false }
const run = (change: Partial<RunDocument> = {}): RunDocument => fakeRun(scenario, change)
const failing = (seed = 1): RunDocument => ({ ...run({ passed: false, thresholds: [HELD, FAILED] }), seed })

describe('ndjson', () => {
  test('a line for everything, in the order it came', () => {
    const lines: Record<string, unknown>[] = []
    const reporter = new NdjsonReporter((line) => lines.push(JSON.parse(line)))
    reporter.began(told, 7)
    reporter.event(told, 7, { atMs: 5, type: 'faultBegan', fault: 'slow db' })
    reporter.ran(told, failing(7))
    reporter.failed(told, 8, 'it threw\n')
    expect(lines.map(({ line }) => line)).toEqual(['runBegan', 'event', 'threshold', 'threshold', 'runEnded', 'failed'])
    expect(lines[1]).toEqual({ line: 'event', scenario: NAME, seed: 7, atMs: 5, type: 'faultBegan', fault: 'slow db' })
    expect(lines[4]).toMatchObject({ passed: false, seed: 7, replay: 'seakeep replay a,b.sim.yaml --seed 7' })
    expect(lines[5]).toMatchObject({ seed: 8, problem: 'it threw' })
  })
})

describe('junit', () => {
  function written(report: (reporter: JunitReporter) => void): string {
    let text = ''
    const reporter = new JunitReporter((all) => {
      text = all
    })
    report(reporter)
    reporter.ended()
    return text
  }

  test('a case for each threshold of each seed, a failure with its figure and its replay', () => {
    const text = written((reporter) => {
      reporter.ran(told, failing(1))
      reporter.ran(told, { ...run({ thresholds: [HELD] }), seed: 2 })
    })
    expect(text).toContain(
      '<testsuite name="shop &lt;1&gt; &amp; &quot;co&quot;" tests="3" failures="1" errors="0" time="0.200">',
    )
    expect(text).toContain('name="web.latency p(99)&lt;1s (seed 1)"')
    expect(text).toContain(
      '<failure message="web.latency is 1.5s, asked was p(99)&lt;1s">seed 1\nseakeep replay a,b.sim.yaml --seed 1</failure>',
    )
  })

  test('what threw, proves nothing or was interrupted is an error', () => {
    const text = written((reporter) => {
      reporter.failed(told, 3, 'seakeep: TypeError: x\n    at y\n')
      reporter.ran(told, run({ passed: false, invalid: ['web.goodput ratio>=0.9'], thresholds: [HELD] }))
      reporter.ran(told, run({ passed: false, interrupted: true }))
    })
    expect(text).toContain('tests="5" failures="0" errors="3"')
    expect(text).toContain('message="seakeep: TypeError: x"')
    expect(text).toContain('the experiment proves nothing')
    expect(text).toContain('the run was interrupted')
  })

  test('what XML cannot hold is left out', () => {
    expect(written((reporter) => reporter.failed(told, 1, 'a\u0000\u001b[31mb\uffff'))).toContain('message="a[31mb"')
  })
})

describe('github', () => {
  function reported(report: (reporter: GithubReporter) => void): { log: string; summary: string } {
    const all = { log: '', summary: '' }
    const reporter = new GithubReporter({
      log: (line) => {
        all.log += line
      },
      summary: (text) => {
        all.summary += text
      },
    })
    report(reporter)
    reporter.ended()
    return all
  }

  test('a failure is an annotation, its signs escaped, with the replay', () => {
    const { log } = reported((reporter) => reporter.ran(told, { ...failing(), thresholds: [{ ...HELD, ok: false }] }))
    expect(log).toBe(
      '::error file=a%2Cb.sim.yaml,title=shop <1> & "co"::web.goodput is 95.0%25, asked was ratio>=0.9 (seed 1)%0Aseakeep replay a,b.sim.yaml --seed 1\n',
    )
  })

  test('the summary has the thresholds, how many seeds held them, and the replays', () => {
    const { summary } = reported((reporter) => {
      reporter.ran(told, { ...run({ thresholds: [HELD, { ...FAILED, ok: true }] }), seed: 1 })
      reporter.ran(told, failing(2))
    })
    expect(summary).toContain('### ❌ shop \\<1\\> & "co": 1 of 2 seeds passed')
    expect(summary).toContain('| ✅ | web.goodput | `ratio>=0.9` | 95.0% | 2 of 2 |')
    expect(summary).toContain('| ❌ | web.latency | `p(99)<1s` | 1.5s | 1 of 2 |')
    expect(summary).toContain('```sh\nseakeep replay a,b.sim.yaml --seed 2\n```')
  })

  test('ten failures are annotated, the others are counted', () => {
    const { log } = reported((reporter) => {
      for (let seed = 1; seed <= 13; seed++) reporter.ran(told, failing(seed))
    })
    expect(log.match(/^::error/gm)).toHaveLength(10)
    expect(log).toContain('::notice title=seakeep::3 further failures are in the step summary')
  })

  test('the summary stays small, and says what it leaves out; what failed stays', () => {
    const { summary } = reported((reporter) => {
      for (let i = 0; i < 3000; i++)
        reporter.ran({ ...told, scenario: `${i} ${'x'.repeat(300)}` }, run({ thresholds: [HELD] }))
      reporter.ran({ ...told, scenario: 'the guilty one' }, failing())
    })
    expect(Buffer.byteLength(summary)).toBeLessThan(MOST_SUMMARY_BYTES + 200)
    expect(summary).toMatch(/And [\d,]+ further scenarios/)
    expect(summary).toContain('the guilty one')
  })
})

describe('html', () => {
  const PAGE = '<title><!--seakeep:title--></title><!--seakeep:text--><script><!--seakeep:data--></script>'
  const dataOf = (html: string) => JSON.parse(/<script>(.*)<\/script>/s.exec(html)?.[1] ?? '')
  const report = (one: RunDocument) => htmlReport(PAGE, { schema: 'seakeep.report/1', run: { label: 'x', run: one } })

  test('names the scenario in its text, whatever signs it has, and ends no script early', () => {
    const one = { ...run(), scenario: '</script><b>$& shop' }
    const html = report(one)
    expect(html).toContain('<h1>&lt;/script&gt;&lt;b&gt;$&amp; shop</h1>')
    expect(html.match(/<\/script>/g)).toHaveLength(1)
    expect(dataOf(html).run.run.scenario).toBe(one.scenario)
  })

  test('stays below 5 MB by leaving out events, which it counts', () => {
    const events$ = Array.from({ length: 10_000 }, (_, i) => ({ atMs: i, type: 'circuitOpened', why: 'y'.repeat(900) }))
    const html = report(run({ events$ }))
    const { run: shown } = dataOf(html).run
    expect(Buffer.byteLength(html)).toBeLessThan(MOST_BYTES)
    expect(shown.events$.length).toBeGreaterThan(1000)
    expect(shown.events$.length + shown.eventsDropped).toBe(10_000)
  })

  test('of many seeds those that failed are all there', () => {
    const lines = Array.from({ length: 500 }, (_, i) => ({ ...seedLine(run()), seed: i, passed: i !== 499 }))
    const shown = seedsShown(lines)
    expect(shown).toHaveLength(200)
    expect(shown.at(-1)).toMatchObject({ seed: 499, passed: false })
  })
})
