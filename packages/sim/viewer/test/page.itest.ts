/** The report as its readers have it: opened from disk in a browser, used by mouse and keyboard. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { htmlReport, seedLine } from '../../src/reporting/html.ts'
import { loadPage } from '../../src/reporting/node-page.ts'
import type { PageData } from '../../src/reporting/page-data.ts'
import { simulate } from '../../src/running/simulate.ts'
import type { ScenarioData, ServiceData, StepData } from '../../src/scenario/scenario-data.ts'
import { play, writeFiles } from '../../test/real-io.ts'
import { Chromium, findChromium, type Tab } from './chromium.ts'

const chromium = findChromium()
if (chromium === undefined) console.log('Skipping tests: no Chromium is installed (apt-get install chromium)')

const NAME = 'a <shop> & its "friends"'
const POLICIES = {
  version: 1,
  targets: {
    '*': {
      retry: { attemptTimeout: '60ms' },
      circuitBreaker: { minimumCalls: 5, openFor: '1s' },
      concurrency: { limit: 40 },
    },
  },
}
const SCENARIO: ScenarioData = {
  name: NAME,
  duration: '20s',
  topology: {
    web: { replicas: 2, steps: [{ work: '1ms' }, { call: 'db' }] },
    db: { replicas: 2, concurrency: 8, work: '5ms' },
  },
  workload: [{ poisson: { to: 'web', rate: 60, deadline: '300ms' } }],
  faults: [{ at: '8s', slow: { target: 'db', add: '200ms', for: '4s' } }],
  thresholds: { 'web.goodput': ['ratio>=0.99'] },
}

describe.skipIf(chromium === undefined)('the page of the HTML report', () => {
  let folder = ''
  let browser: Chromium
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seakeep-page-'))
    const page = await loadPage()
    const runs = []
    for (const seed of [1, 2, 3])
      runs.push(await simulate({ ...SCENARIO, policies: POLICIES }, { seed, inDetail: true }))
    const bare = await simulate(SCENARIO, { inDetail: true })
    const big = await simulate(manyServices(1000), { inDetail: true })
    const [run = bare] = runs
    const main = { label: 'head', run, replay: 'seakeep replay shop.sim.yaml --seed 1' }
    const write = (name: string, data: Omit<PageData, 'schema'>): void =>
      writeFileSync(join(folder, name), htmlReport(page, { schema: 'seakeep.report/1', ...data }))
    write('one.html', { run: main })
    write('seeds.html', { run: main, seeds: runs.map(seedLine) })
    write('compared.html', { run: main, base: { label: 'bare', run: bare } })
    writeFiles(folder, {
      'shop.sim.json': JSON.stringify({ ...SCENARIO, name: 'shop', duration: '12s' }),
      'some.json': JSON.stringify(POLICIES),
    })
    const line = 'compare shop.sim.json --base none --head some.json --seeds 4 --reporter html --output-dir .'
    await play(folder, line)
    write('big.html', { run: { label: 'big', run: big } })
    const { detail: _, ...plain } = run
    write('plain.html', { run: { label: 'plain', run: plain } })
    browser = await Chromium.start(chromium ?? '')
  })
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  async function open(name: string, hash = '', width = 1440): Promise<Tab> {
    const tab = await browser.open(width, 900)
    await tab.goto(`${pathToFileURL(join(folder, name))}${hash}`)
    return tab
  }
  const instantOf = (tab: Tab): Promise<number> =>
    tab.evaluate('Number(new URLSearchParams(location.hash.slice(1)).get("t"))')

  test('says the verdict first, loads nothing and complains of nothing', async () => {
    const tab = await open('one.html')
    expect(await tab.text('h1')).toBe(NAME)
    expect(await tab.evaluate('document.title')).toContain(NAME)
    expect(await tab.text('.verdict')).toBe('1 of 1 threshold failed')
    expect(await tab.text('#verdict')).toMatch(/web\.goodput\s+ratio>=0\.99/)
    expect(await tab.text('#verdict')).toContain('Fault: slow db +200ms, for 4s.')
    expect(tab.requests).toHaveLength(1)
    expect(tab.complaints).toEqual([])
    // Every chart has something drawn on it, and says in words what.
    expect(await tab.evaluate<number[]>(INK)).not.toContain(0)
    expect(
      await tab.evaluate('[...document.querySelectorAll(".chart .said")].every((e) => e.innerText.length > 10)'),
    ).toBe(true)
  })

  test('scrubs by mouse and by keyboard, and the graph follows', async () => {
    const tab = await open('one.html')
    await tab.drag('.track', [0.25, 0.5])
    expect(await instantOf(tab)).toBeCloseTo(5, 0)
    expect(await tab.text('#services')).toContain('at 0:0')
    expect(await tab.evaluate('document.querySelectorAll(".node.good").length')).toBe(2)
    await tab.drag('.track', [0.25, 0.5], [0.47, 0.5])
    expect(await instantOf(tab)).toBeCloseTo(9.4, 0)
    expect(await tab.count('.node.bad')).toBeGreaterThan(0)
    const before = await instantOf(tab)
    await tab.press('ArrowRight')
    expect((await instantOf(tab)) - before).toBeCloseTo(0.1, 3)
    await tab.press('ArrowLeft', { shift: true })
    expect((await instantOf(tab)) - before).toBeCloseTo(-0.9, 3)
    await tab.press('Home')
    expect(await instantOf(tab)).toBe(0)
    expect(tab.complaints).toEqual([])
  })

  test('plays, and stops', async () => {
    const tab = await open('one.html', '#t=1')
    await tab.press(' ')
    expect(await tab.evaluate('document.querySelector(".play").getAttribute("aria-label")')).toBe('Pause')
    for (let i = 0; i < 100 && (await instantOf(tab)) <= 1; i++) await tab.settled()
    expect(await instantOf(tab)).toBeGreaterThan(1)
    await tab.press(' ')
    expect(await tab.evaluate('document.querySelector(".play").getAttribute("aria-label")')).toBe('Play')
  })

  test('a stretch dragged over a chart filters events and calls; Escape gives the whole run back', async () => {
    const tab = await open('one.html')
    const all = await tab.count('.events li')
    expect(all).toBeGreaterThan(4)
    await tab.drag('#chart-goodput-web .u-over', [0.05, 0.5], [0.2, 0.5])
    expect(await tab.text('#events .said')).toMatch(/^0 of \d+ events in this stretch/)
    expect(await tab.text('.range')).toMatch(/^0:0\d to 0:0\d$/)
    await tab.press('Escape')
    expect(await tab.count('.events li')).toBe(all)
    expect(tab.complaints).toEqual([])
  })

  test('events are filtered by words and kinds', async () => {
    const tab = await open('one.html')
    await tab.click('#events input[type=search]')
    await tab.type('fault')
    expect(await tab.count('.events li')).toBe(2)
    expect(await tab.text('.events li')).toContain('slow db +200ms')
    await tab.evaluate('document.querySelector("#events input[type=checkbox]").click()')
    expect(await tab.count('.events li')).toBe(0)
  })

  test('a call opens as a waterfall that says what was decided', async () => {
    const tab = await open('one.html')
    await tab.click('#calls li:nth-child(2) button')
    expect(await tab.count('.call.chosen')).toBe(1)
    expect(await tab.evaluate('location.hash')).toContain('call=')
    expect(await tab.count('.w-row.attempt')).toBeGreaterThan(1)
    expect(await tab.text('.waterfall')).toMatch(/timeout after 60ms/)
    expect(await tab.text('.waterfall')).toMatch(/struck by the fault slow db \+200ms/)
    expect(tab.complaints).toEqual([])
  })

  test('a chosen service narrows what is shown', async () => {
    const tab = await open('one.html')
    await tab.evaluate('[...document.querySelectorAll(".node")].find((e) => e.textContent.startsWith("db")).focus()')
    await tab.press('Enter')
    expect(await tab.text('#chart-errors h3')).toBe('Calls to db that failed, by cause')
    expect(await tab.text('.facts h3')).toBe('db')
    expect(await tab.text('#events .said')).toContain('about db')
    expect(await tab.count('#chart-limit-web\\>db')).toBe(1)
    await tab.press('Escape')
    expect(await tab.text('#chart-errors h3')).toContain('Calls of users')
    expect(tab.complaints).toEqual([])
  })

  test('a link points at a place', async () => {
    const tab = await open('one.html', '#t=9.5&from=8&to=12&service=db')
    expect(await tab.text('.now')).toBe('0:09.500')
    expect(await tab.text('.range')).toBe('0:08 to 0:12')
    expect(await tab.text('.facts h3')).toBe('db')
  })

  test('two runs lie over each other', async () => {
    const tab = await open('compared.html')
    expect(await tab.text('#top')).toContain('to compare with: bare')
    expect(await tab.text('#verdict')).toMatch(/Both runs did the same until|from then on/)
    expect(await tab.text('#chart-goodput-web .names')).toMatch(/good, head.*good, bare/s)
    expect(await tab.text('.thresholds')).toContain('bare')
    expect(tab.complaints).toEqual([])
  })

  test('seakeep compare says what all seeds came to, and lays the most telling one over the other', async () => {
    const tab = await open('shop-compared.html')
    expect(await tab.text('#comparison')).toMatch(/some\.json against none, seeds 1 to 4/)
    expect(await tab.text('#comparison tbody')).toMatch(/web\.goodput/)
    expect(await tab.text('#chart-goodput-web .names')).toMatch(
      /good, some\.json.*good, none.*4 seeds, some\.json.*4 seeds, none/s,
    )
    expect(await tab.evaluate<number[]>(INK)).not.toContain(0)
    expect(await tab.text('.replay')).toMatch(/^seakeep replay shop\.sim\.json --policies some\.json --seed \d/)
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(1440)
    expect(tab.complaints).toEqual([])
  })

  test('seeds are a ribbon', async () => {
    const tab = await open('seeds.html')
    expect(await tab.text('#chart-goodput-web .names')).toContain('nine in ten of 3 seeds')
    expect(await tab.text('#verdict')).toMatch(/of 3 seeds passed/)
    expect(tab.complaints).toEqual([])
  })

  test('a thousand services are a map, and one of them a graph', async () => {
    const tab = await open('big.html')
    expect(await tab.count('.cell')).toBe(1000)
    await tab.click('#services input')
    await tab.type('s12')
    expect(await tab.count('.cell')).toBe(0)
    expect(await tab.text('.facts h3')).toBe('s12')
    expect(await tab.count('.node')).toBeGreaterThan(2)
    await tab.click('.graph-place .quiet')
    expect(await tab.count('.cell')).toBe(1000)
    expect(tab.complaints).toEqual([])
  })

  test('a document without detail shows what it has', async () => {
    const tab = await open('plain.html')
    expect(await tab.text('#chart-goodput-web .said')).toContain('calls were good')
    expect(await tab.text('#calls')).toContain('recorded without detail')
    expect(tab.complaints).toEqual([])
  })

  test('fits a phone, and changes its theme', async () => {
    const tab = await open('one.html', '', 390)
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
    const paper = 'getComputedStyle(document.body).backgroundColor'
    const light = await tab.evaluate<string>(paper)
    await tab.evaluate('document.querySelector(".tools button[title=\'Light or dark\']").click()')
    expect(await tab.evaluate<string>(paper)).not.toBe(light)
    expect(tab.complaints).toEqual([])
  })
})

/** Of each chart's canvas, how many of its points are not empty. */
const INK = `[...document.querySelectorAll('.chart canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  let ink = 0
  for (let i = 3; i < data.length; i += 4) if (data[i] > 40) ink += 1
  return ink
})`

function manyServices(n: number): ScenarioData {
  const children = (i: number): string[] =>
    [2 * i + 1, 2 * i + 2].filter((child) => child < n).map((child) => `s${child}`)
  const steps = (i: number): StepData[] => [
    { work: '1ms' },
    ...children(i).map((call) => ({ call, probability: 0.4, optional: true })),
  ]
  const topology: Record<string, ServiceData> = Object.fromEntries(
    Array.from({ length: n }, (_, i) => [`s${i}`, { steps: steps(i) }]),
  )
  return { name: 'many', duration: '5s', topology, workload: [{ poisson: { to: 's0', rate: 20 } }] }
}
