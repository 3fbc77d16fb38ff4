// docs/discovery.md: its code runs here, and what it shows as printed is printed here.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { parseText } from '../src/config/parse-text.ts'
import { type Belief, beliefIn, believe, release } from '../src/discovery/belief.ts'
import { DEFAULT_DISCOVERY_OPTIONS, DISCOVERY_OPTIONS } from '../src/discovery/discovery-options.ts'
import { WRITTEN_SERVICES } from '../src/discovery/instance-fields.ts'
import type { RegistrySink } from '../src/discovery/registry.ts'
import { Resolver } from '../src/discovery/resolver.ts'
import { createRuntime, dnsRegistry, fileRegistry, type Instance } from '../src/index.ts'
import { type GovernanceEvent, SeededRandom } from '../src/spi.ts'
import { ManualClock } from '../src/testing/index.ts'

const page = await readFile(new URL('../../../docs/discovery.md', import.meta.url), 'utf8')
const piecesOf = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, piece = '']) => piece.trim())

const runtime = await createRuntime({
  service: 'web',
  discovery: { maxDropped: '50%', dropGrace: '30s', lapseGrace: '8s', snapshots: '/var/lib/web/endpoints' },
  modules: [fileRegistry({ path: 'services.yaml' })],
})

dnsRegistry({
  services: {
    orders: 'orders.internal:8080',
    payments: { srv: '_grpc._tcp.payments.internal', protocol: 'grpc' },
  },
})

const instances = (count: number): Instance[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `orders#${i}`,
    service: 'orders',
    address: { host: `10.0.0.${i}`, port: 80 },
    protocol: 'http',
    weight: 1,
  }))

it('every piece of code runs', async () => {
  const self = await readFile(new URL(import.meta.url), 'utf8')
  expect(piecesOf('ts').length).toBe(3)
  for (const piece of piecesOf('ts')) expect(self).toContain(piece)
  await runtime.close()
  const { value, place } = parseText(piecesOf('yaml')[0] ?? '', 'services.yaml')
  expect(Object.keys(WRITTEN_SERVICES.resolve(value, place))).toEqual(['orders', 'payments'])
})

it('every option is there, with its default', () => {
  const defaults = DISCOVERY_OPTIONS.schema({ isFragment: false } as never) as {
    readonly properties: { readonly [name: string]: { readonly default?: unknown } }
  }
  for (const [name, { default: written = 'none' }] of Object.entries(defaults.properties)) {
    expect(page).toContain(`| \`${name}\` | ${written} |`)
  }
})

it('the table of who is left is what is believed', () => {
  const rows = [...page.matchAll(/^\| (\d+) \| (\d+) \| (.*) \|$/gm)]
  expect(rows.length).toBe(8)
  for (const [, known, missing, rest = ''] of rows) {
    const word = { list: instances(Number(known) - Number(missing)), left: new Set<string>(), isOwn: true }
    let belief: Belief = believe(beliefIn(instances(Number(known))), word, 0, DEFAULT_DISCOVERY_OPTIONS)
    const cells = rest.split('|').map((cell) => cell.trim())
    const seen = [belief.retained.size > 0 ? 'kept' : `${belief.list.length} left`]
    for (const atMs of [8_000, 30_000, 60_000, 90_000]) {
      const after = release(belief, atMs, DEFAULT_DISCOVERY_OPTIONS)
      seen.push(after === belief ? '' : `${after.list.length} left`)
      belief = after
    }
    expect([known, missing, ...cells]).toEqual([known, missing, ...seen])
  }
})

it('a registry that forgets everybody prints what the page shows', () => {
  const lines: string[] = []
  for (const [maxDropped, lapseGraceMs] of [
    [1, 0],
    [0.5, 8000],
  ] as const) {
    const clock = new ManualClock()
    let title = maxDropped === 1 ? 'believes all' : 'default'
    const print = (text: string): void => {
      lines.push(`${title.padEnd(14)}${clock.now() / 1000} s  ${text}`)
      title = ''
    }
    let sink: RegistrySink | undefined
    const registry = {
      name: 'forgetful',
      watch: (_service: string, told: RegistrySink) => {
        sink = told
        return { [Symbol.dispose]: () => {} }
      },
      register: () => {},
      heartbeat: () => {},
      deregister: () => {},
      close: () => {},
    }
    const emit = (event: GovernanceEvent): void => {
      if (clock.now() === 0) return
      if (event.type === 'endpointsRetained') print(`${event.type} ${event.retained?.length}: ${event.why}`)
      if (event.type !== 'endpointsChanged') return
      const { added = [], removed = [] } = event
      print(`${event.type} ${added.length > 0 ? `added ${added.length}` : `removed ${removed.length}`}`)
    }
    const options = { ...DEFAULT_DISCOVERY_OPTIONS, maxDropped, lapseGraceMs }
    const ports = { clock, random: new SeededRandom(1), events: { emit } }
    const resolver = new Resolver('orders', [registry], ports, undefined, { options })
    sink?.instances(instances(10), new Set())
    clock.advance(10_000)
    sink?.instances([], new Set())
    print(`${resolver.cell.value.endpoints.length} endpoints`)
    clock.advance(20_000)
    sink?.instances(instances(10), new Set())
    resolver.close()
  }
  expect(lines.join('\n')).toBe(piecesOf('text')[0])
})
