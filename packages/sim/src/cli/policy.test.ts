import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filePolicyStore, memoryPolicyStore, type PolicyStore, parsePolicyText } from '@seakeep/core/spi'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeIo, fakeIo } from '../../test/fake-run.ts'
import { runCli } from './commands.ts'

const GOOD = 'version: 1\ntargets:\n  payments: { timeout: 2s, retry: { maxAttempts: 3 } }\n'
const RAISED = `# raised\n${GOOD.replace('maxAttempts: 3', 'maxAttempts: 5')}`
const LINTED = 'version: 1\ntargets:\n  payments: { retry: { budget: false } }\n'
const STACKED = 'version: 1\ntargets: { "*": { retry: { budget: false } } }\n'
const GRAPH = `services:
  - { name: a, isEntrypoint: true, script: [{ call: b }] }
  - { name: b, script: [{ call: c }] }
  - { name: c }
`
const hash = (text: string): string => parsePolicyText(text, '').hash

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-policy-'))
  const files = { 'good.yaml': GOOD, 'raised.yaml': RAISED, 'linted.yaml': LINTED, 'stacked.yaml': STACKED }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
  writeFileSync(join(cwd, 'bad.yaml'), GOOD.replace('timeout', 'timout'))
  writeFileSync(join(cwd, 'graph.yaml'), GRAPH)
})
afterAll(() => rmSync(cwd, { recursive: true }))

type Told = { readonly code: number; readonly out: string; readonly err: string; readonly io: FakeIo }

/** Words are separated by blanks; a word with blanks is written with underscores. */
async function policy(args: string, io: FakeIo = fakeIo({ cwd })): Promise<Told> {
  const words = args.split(' ').map((word) => word.replaceAll('_', ' '))
  io.printed.out = ''
  io.printed.err = ''
  const code = await runCli(['policy', ...words], io)
  return { code, ...io.printed, io }
}

function at(store: PolicyStore, env: FakeIo['env'] = { USER: 'ann' }): FakeIo {
  const io = fakeIo({ cwd, env })
  io.places.set('consul://c:8500/p', store)
  return io
}

describe('usage', () => {
  test.each([
    [
      'chekc',
      'seakeep: unknown command policy chekc; one of check, print, schema, diff, push, pull, history, rollback; did you mean check?',
    ],
    ['good.yaml', 'did you mean seakeep policy check good.yaml?'],
    ['check', 'seakeep: no document is named; seakeep policy check policies.yaml'],
    ['check good.yaml --strikt', 'seakeep: unknown option --strikt; did you mean --strict?'],
    ['check nothing.yaml', 'nothing.yaml does not exist'],
    ['check bad.yaml', 'bad.yaml:3:15)'],
    ['check good.yaml --topology nothing.sim.yaml', 'nothing.sim.yaml does not exist'],
    ['print good.yaml', 'seakeep: print needs what is called, as --to payments'],
    ['print good.yaml --to a>b', "seakeep: --to: a>b is no service's name; --from says who calls"],
    ['print good.yaml raised.yaml --to b', 'seakeep: policy print takes one document'],
    ['diff good.yaml', 'seakeep: policy diff takes two documents'],
    ['schema good.yaml', 'seakeep: policy schema takes no document'],
    ['push good.yaml', 'seakeep: push needs a place'],
    ['push bad.yaml --to consul://c:8500/p', 'seakeep: targets.payments.timout: unknown key'],
    ['pull', 'seakeep: pull takes a place'],
    ['history --at consul://c:8500/p --limit 0', 'seakeep: --limit: 0 is not allowed'],
    ['rollback', 'seakeep: rollback takes a place'],
    ['diff good.yaml consul://c:8500/p', 'seakeep: nothing is stored at consul://c:8500/p'],
    ['pull --from consul://c:8500/p', 'seakeep: nothing is stored at consul://c:8500/p'],
    ['rollback --at consul://c:8500/p', 'seakeep: nothing was pushed to consul://c:8500/p before what is there now'],
  ])('2 without a stack: seakeep policy %s', async (args, message) => {
    const { code, out, err } = await policy(args, at(memoryPolicyStore()))
    expect(code).toBe(2)
    expect(`${out}${err}`).toContain(message)
    expect(err).not.toMatch(/^\s+at /m)
  })

  test('help of all and of each', async () => {
    expect(await policy('--help')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/check .*\n.*print .*\n.*schema /),
    })
    for (const name of ['check', 'print', 'schema', 'diff', 'push', 'pull', 'history', 'rollback']) {
      const { code, out } = await policy(`help ${name}`)
      expect(code).toBe(0)
      expect(out).toContain(`seakeep policy ${name} `)
      expect(out).toContain('--help')
    }
  })
})

describe('check', () => {
  test('0 and the hash where all is well', async () => {
    expect(await policy('check good.yaml')).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(new RegExp(`^✓ .*good.yaml  valid: 1 target, nothing to say  ${hash(GOOD)}\n$`)),
    })
  })

  test('warnings are lines with their rule, and 1 only with --strict', async () => {
    const { code, out } = await policy('check linted.yaml')
    expect(code).toBe(0)
    expect(out).toMatch(
      /linted\.yaml:3:24 {2}no-budget {2}retries without a budget: .*\n! .*linted\.yaml {2}valid: 1 target, 1 warning/,
    )
    expect((await policy('check linted.yaml --strict')).code).toBe(1)
    expect((await policy('check good.yaml --strict')).code).toBe(0)
  })

  test('a bad document does not keep the others from being judged', async () => {
    const { code, out, err } = await policy('check bad.yaml good.yaml')
    expect(code).toBe(2)
    expect(out).toContain('good.yaml  valid')
    expect(err).toMatch(
      /^seakeep: targets\.payments\.timout: unknown key; allowed: .*did you mean timeout\? \(.*bad\.yaml:3:15\)\n$/,
    )
  })

  test('a topology gives the call graph', async () => {
    expect((await policy('check stacked.yaml')).out).not.toContain('stacked-retries')
    const { out } = await policy('check stacked.yaml --topology graph.yaml')
    expect(out).toContain('client>a>b>c retries on 3 edges in a row: 3x3x3=27 attempts at c for one call')
  })

  test('JSON, alone on standard output', async () => {
    const { code, out } = await policy('check linted.yaml bad.yaml --json -')
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({
      schema: 'seakeep.policy-check/1',
      files: [
        {
          file: 'linted.yaml',
          valid: true,
          hash: hash(LINTED),
          findings: [
            { rule: 'no-budget', level: 'warning', path: 'targets.payments.retry.budget', targets: ['payments'] },
          ],
        },
        { file: 'bad.yaml', valid: false, error: { path: 'targets.payments.timout' } },
      ],
    })
    const { io } = await policy('check good.yaml --json out/check.json')
    expect(JSON.parse(io.files.get(join(cwd, 'out/check.json')) ?? '')).toMatchObject({ files: [{ valid: true }] })
  })
})

describe('print', () => {
  test('each field with its line, or default', async () => {
    const { code, out } = await policy('print good.yaml --from orders --to payments/POST_/charges')
    expect(code).toBe(0)
    const lines = out.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' '))
    expect(lines[0]).toBe('orders>payments/POST /charges by payments')
    expect(lines).toContain(`timeout 2s ${join(cwd, 'good.yaml')}:3:15`)
    expect(lines).toContain(`retry.maxAttempts 3 ${join(cwd, 'good.yaml')}:3:37`)
    expect(lines).toContain('retry.budget.ratio 0.2 default')
    expect((await policy('print good.yaml --to mail')).out).toMatch(/^mail {2}no target speaks of it\n.*round-robin/)
  })

  test('JSON', async () => {
    const { out } = await policy('print good.yaml --to payments --json -')
    const document = JSON.parse(out)
    expect(document).toMatchObject({
      schema: 'seakeep.policy-print/1',
      hash: hash(GOOD),
      call: { from: null, to: 'payments', method: null },
      targets: ['payments'],
      inbound: [],
    })
    expect(document.policy.slice(0, 1)).toEqual([
      { path: 'timeout', value: '2s', written: `${join(cwd, 'good.yaml')}:3:15` },
    ])
    expect(document.policy).toContainEqual({ path: 'retry.backoff.initial', value: '50ms', written: null })
  })
})

describe('schema', () => {
  test('on standard output, or in a file', async () => {
    const { out } = await policy('schema')
    expect(JSON.parse(out)).toMatchObject({ $id: 'urn:seakeep:policy.v1' })
    const { io, out: none } = await policy('schema -o policy.schema.json')
    expect(none).toBe('')
    expect(io.files.get(join(cwd, 'policy.schema.json'))).toBe(out)
  })
})

describe('diff', () => {
  test('1 and what changes for calls, 0 where nothing does', async () => {
    expect(await policy('diff good.yaml raised.yaml')).toMatchObject({
      code: 1,
      out: 'payments  retry.maxAttempts  3 -> 5\n',
    })
    expect(await policy('diff good.yaml good.yaml')).toMatchObject({ code: 0, out: 'equal\n' })
  })

  test('against what is stored, and as JSON', async () => {
    const { code, out } = await policy('diff consul://c:8500/p good.yaml --json -', at(memoryPolicyStore(RAISED)))
    expect(code).toBe(1)
    expect(JSON.parse(out)).toEqual({
      schema: 'seakeep.policy-diff/1',
      old: hash(RAISED),
      new: hash(GOOD),
      changes: [
        {
          section: 'targets',
          target: 'payments',
          kind: 'changed',
          fields: [{ path: 'retry.maxAttempts', from: '5', to: '3' }],
        },
      ],
    })
  })
})

describe('push, pull, history, rollback', () => {
  test('the life of a document', async () => {
    const io = at(memoryPolicyStore())
    const place = 'consul://c:8500/p'
    const first = await policy(`push good.yaml --to ${place} -m the_first`, io)
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(first.out).toMatch(/^payments {2}added\npayments {2}timeout {2}none -> 2s\n/)
    expect(first.out).toContain(`${hash(GOOD)}  pushed to ${place}  revision 1\n`)

    const second = await policy(`push raised.yaml --to ${place} --expect ${hash(GOOD).slice(0, 6)}`, io)
    expect(second.out).toBe(
      `payments  retry.maxAttempts  3 -> 5\n${hash(RAISED)}  pushed to ${place}, in place of ${hash(GOOD)}  revision 2\n`,
    )
    expect((await policy(`push raised.yaml --to ${place}`, io)).out).toBe(`${hash(RAISED)}  is there already\n`)
    expect((await policy(`pull --from ${place}`, io)).out).toBe(RAISED)
    expect((await policy(`history --at ${place}`, io)).out).toBe(
      `* ${hash(RAISED)}  2026-11-22T18:33:39Z  ann\n  ${hash(GOOD)}  2026-11-22T18:33:39Z  ann  the first\n`,
    )

    const back = await policy(`rollback --at ${place}`, io)
    expect(back).toMatchObject({ code: 0 })
    expect(back.out).toBe(
      `payments  retry.maxAttempts  5 -> 3\n${hash(GOOD)}  is back at ${place}, in place of ${hash(RAISED)}  revision 3\n`,
    )
    expect((await policy(`pull --from ${place}`, io)).out).toBe(GOOD)
    const { out } = await policy(`history --at ${place} --limit 1 --json -`, io)
    expect(JSON.parse(out)).toEqual({
      schema: 'seakeep.policy-history/1',
      present: hash(GOOD),
      pushes: [{ hash: hash(GOOD), at: '2026-11-22T18:33:39Z', author: 'ann', message: `rollback to ${hash(GOOD)}` }],
    })
    // The one before the present one is now the one that was taken back.
    expect((await policy(`rollback --at ${place}`, io)).out).toContain(`${hash(RAISED)}  is back`)
    expect((await policy(`rollback --at ${place} --to ${hash(GOOD).slice(0, 8)}`, io)).out).toContain('is back')
    expect((await policy(`rollback --at ${place} --to ${hash(GOOD)}`, io)).out).toContain('is there already')
  })

  test('rollback refuses a hash that is not there, or that is several', async () => {
    const store = memoryPolicyStore()
    const io = at(store)
    for (const hash of ['abc1', 'abc2']) {
      await store.write({ hash, text: GOOD, atMs: 0 }, (await store.read())?.revision)
    }
    const place = 'consul://c:8500/p'
    expect(await policy(`rollback --at ${place} --to abd`, io)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--to: nothing with hash abd was pushed to consul://c:8500/p'),
    })
    expect(await policy(`rollback --at ${place} --to abc`, io)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--to: abc begins several hashes: abc2, abc1'),
    })
  })

  test('push tells warnings, and with --strict does not push what has them', async () => {
    const io = at(memoryPolicyStore())
    const strict = await policy('push linted.yaml --to consul://c:8500/p --strict', io)
    expect(strict.code).toBe(1)
    expect(strict.err).toMatch(/no-budget .*\nseakeep: nothing was pushed: --strict/)
    expect((await policy('pull --from consul://c:8500/p', io)).code).toBe(2)
    const pushed = await policy('push linted.yaml --to consul://c:8500/p', io)
    expect([pushed.code, pushed.err]).toEqual([0, expect.stringContaining('no-budget')])
  })

  test('--expect guards against pushes that were not seen', async () => {
    const io = at(memoryPolicyStore())
    expect((await policy('push good.yaml --to consul://c:8500/p --expect none', io)).code).toBe(0)
    const late = await policy('push raised.yaml --to consul://c:8500/p --expect none', io)
    expect(late.code).toBe(1)
    expect(late.err).toBe(
      `seakeep: nothing was pushed: none was expected, and there is ${hash(GOOD)}\n  there now: ${hash(GOOD)}  2026-11-22T18:33:39Z  ann\n`,
    )
    expect((await policy('push raised.yaml --to consul://c:8500/p --expect none --force', io)).code).toBe(0)
  })

  test('1 where somebody was faster, with who; --force reads again', async () => {
    // Ann's push goes in between Bob's reading and his writing.
    const store = memoryPolicyStore(GOOD)
    let faster = 1
    const raced: PolicyStore = {
      name: 'raced',
      watch: (sink) => store.watch(sink),
      close: () => {},
      history: (limit) => store.history(limit),
      read: () => store.read(),
      async write(entry, expected) {
        if (faster-- > 0) {
          const there = await store.read()
          await store.write({ ...entry, text: LINTED, hash: hash(LINTED), author: 'ann' }, there?.revision)
        }
        return await store.write(entry, expected)
      },
    }
    const io = at(raced, { USER: 'bob' })
    const lost = await policy('push raised.yaml --to consul://c:8500/p', io)
    expect(lost.code).toBe(1)
    expect(lost.err).toMatch(/^seakeep: .*written by somebody else.*\n {2}there now: [0-9a-f]{16} {2}\S+ {2}ann\n$/)
    faster = 1
    expect((await policy('push raised.yaml --to consul://c:8500/p --force', io)).code).toBe(0)
    expect((await store.read())?.text).toBe(RAISED)
    faster = 9
    expect(await policy('push good.yaml --to consul://c:8500/p --force', io)).toMatchObject({
      code: 2,
      err: expect.stringContaining('was written by others 5 times meanwhile; nothing was pushed'),
    })
  })

  test('what was written past the history is not laid at the door of who pushed last', async () => {
    const store = memoryPolicyStore()
    const io = at(store)
    await policy('push good.yaml --to consul://c:8500/p', io)
    store.put(LINTED)
    expect((await policy('push raised.yaml --to consul://c:8500/p --expect none', io)).err).toContain(
      `there now: ${hash(LINTED)}  revision 2, of which the history knows nothing yet\n`,
    )
    expect((await policy('history --at consul://c:8500/p', io)).out).toBe(
      `  ${hash(GOOD)}  2026-11-22T18:33:39Z  ann\n`,
    )
  })

  test('a place that cannot be reached is a sentence, without a password', async () => {
    const store = memoryPolicyStore()
    using _ = store.interrupt()
    const io = fakeIo({ cwd })
    io.places.set('etcd://ann:secret@e:2379/p', store)
    const { code, err } = await policy('pull --from etcd://ann:secret@e:2379/p', io)
    expect(code).toBe(2)
    expect(err).toContain('seakeep: etcd://…@e:2379/p cannot be used: memory cannot be reached\n')
  })

  test('what is there and is no valid document is told, and can be replaced', async () => {
    const io = at(memoryPolicyStore('version: 7'))
    const pulled = await policy('pull --from consul://c:8500/p -o there.yaml', io)
    expect(pulled).toMatchObject({ code: 0, err: expect.stringMatching(/^! not valid: version: 7 is not allowed/) })
    expect(io.files.get(join(cwd, 'there.yaml'))).toBe('version: 7')
    const { code, err } = await policy('push good.yaml --to consul://c:8500/p', io)
    expect([code, err]).toEqual([0, expect.stringMatching(/^! what is there now: version: 7 is not allowed/)])
  })

  test('an earlier document that this version refuses is not pushed again', async () => {
    const store = memoryPolicyStore()
    await store.write({ hash: 'feed', text: 'version: 7', atMs: 0 }, undefined)
    const io = at(store)
    await policy('push good.yaml --to consul://c:8500/p', io)
    const { code, err } = await policy('rollback --at consul://c:8500/p', io)
    expect([code, err]).toEqual([2, expect.stringContaining('version: 7 is not allowed')])
    expect((await store.read())?.text).toBe(GOOD)
  })

  test('to a file, with its history beside it', async () => {
    const path = join(cwd, 'live', 'policies.yaml')
    const io = fakeIo({ cwd, env: {}, openPlace: async () => filePolicyStore(path) })
    expect((await policy('push good.yaml --to live/policies.yaml', io)).code).toBe(0)
    expect((await policy('push raised.yaml --to live/policies.yaml', io)).code).toBe(0)
    expect((await policy('rollback --at live/policies.yaml', io)).code).toBe(0)
    expect((await policy('pull --from live/policies.yaml', io)).out).toBe(GOOD)
    const { out } = await policy('history --at live/policies.yaml', io)
    expect(out.split('\n').map((line) => line.slice(0, 18))).toEqual([
      `* ${hash(GOOD)}`,
      `  ${hash(RAISED)}`,
      `  ${hash(GOOD)}`,
      '',
    ])
  })
})
