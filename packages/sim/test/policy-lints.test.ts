// What the lints of core say of the documents that come with this package, and that their arithmetic is the simulator's.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { lintPolicies, parsePolicyText } from '@seakeep/core/spi'
import { expect, test } from 'vitest'
import { readTopology } from '../src/cli/policy-topology.ts'
import { simulate } from '../src/index.ts'

const FOLDER = new URL('../scenarios/', import.meta.url)
const DOCS = new URL('../../../docs/', import.meta.url)

/** Those that are meant to be bad, and one whose third attempt may be cut short: its figures are told with it. */
const KNOWN = {
  'gateway-restart.at-once.yaml': ['no-budget'],
  'layered-retries.every-tier.yaml': ['no-budget', 'stacked-retries'],
  'one-way-partition.two-attempts.yaml': ['no-budget'],
  'online-boutique.governed.yaml': ['attempts-beyond-timeout'],
  'online-boutique.naive.yaml': ['no-budget', 'stacked-retries'],
  'panic.no-panic.yaml': ['ejects-all'],
  'retry-storm.no-budget.yaml': ['no-budget'],
  'thundering-herd.full.yaml': ['no-budget'],
  'thundering-herd.none.yaml': ['no-budget'],
}

test('of all documents beside scenarios only the known ones have warnings, with the call graph known', async () => {
  const found: Record<string, string[]> = {}
  const files = readdirSync(FOLDER).filter((file) => !file.endsWith('.sim.yaml'))
  expect(files.length).toBeGreaterThan(25)
  for (const file of files) {
    const document = parsePolicyText(readFileSync(new URL(file, FOLDER), 'utf8'), file)
    const scenario = fileURLToPath(new URL(`${file.split('.')[0]}.sim.yaml`, FOLDER))
    const { graph } = await readTopology(scenario, '')
    const warnings = lintPolicies(document, graph).filter(({ level }) => level === 'warning')
    const rules = [...new Set(warnings.map(({ rule }) => rule))].sort()
    if (rules.length > 0) found[file] = rules
  }
  expect(found).toEqual(KNOWN)
})

test('no document that the docs show has a warning', () => {
  // Two pages show what is wrong with one.
  const shown = ['policy-commands.md', 'choosing-policies.md']
  const names = readdirSync(DOCS).filter((name) => name.endsWith('.md') && !shown.includes(name))
  const documents = names.flatMap((name) =>
    [...readFileSync(new URL(name, DOCS), 'utf8').matchAll(/```yaml\n(version: 1\n.*?)```/gs)].map(
      ([, text = '']) => [name, text] as const,
    ),
  )
  expect(documents.length).toBeGreaterThan(2)
  for (const [name, text] of documents) {
    const warnings = lintPolicies(parsePolicyText(text, name)).filter(({ level }) => level === 'warning')
    expect(warnings.map(({ rule, place }) => `${rule} ${place.position}`)).toEqual([])
  }
})

test.each([
  ['budgets that pay for everything', { ratio: 1, minPerSecond: 1000 }, 11],
  ['no budgets', false, 27],
])('with %s stacked retries are in the simulator what the lint says', async (_, budget, attempts) => {
  const retry = { maxAttempts: 3, backoff: { initial: 1, max: 1 }, budget }
  const run = await simulate({
    name: 'stack',
    duration: '20s',
    topology: { web: { calls: ['a'] }, a: { calls: ['b'] }, b: { calls: ['c'] }, c: { errorRate: 1 } },
    workload: [{ constantArrivalRate: { to: 'web', rate: 5, until: '10s' } }],
    policies: { version: 1, targets: { a: { retry }, b: { retry }, c: { retry } } },
  } as never)
  expect((run.edges['b>c']?.attempts ?? 0) / (run.workload.web?.offered ?? 0)).toBe(attempts)
})
