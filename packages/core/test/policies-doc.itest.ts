// docs/policies.md: every document in it is valid, and what it shows of documents that change is what runs here.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createRuntime } from '../src/index.ts'
import { filePolicyStore, parsePolicyText } from '../src/spi.ts'
import { memoryPolicyStore } from '../src/testing/index.ts'

const page = await readFile(new URL('../../../docs/policies.md', import.meta.url), 'utf8')
const pieces = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code)

it('every document in docs/policies.md is valid, and means what is said of it', () => {
  const [layering, modes] = pieces('yaml').map((text) => parsePolicyText(text, 'docs/policies.md'))
  expect(layering?.policyFor('a', 'payments')).toMatchObject({ timeoutMs: 2000, retry: { maxAttempts: 3 } })
  expect(modes?.policyFor('a', 'payments')).toMatchObject({ timeoutMs: 5000, rateLimit: undefined })
  expect(modes?.policyFor('a', 'payments')?.retry).toBeDefined()
  expect(modes?.policyFor('a', 'legacy')).toMatchObject({ timeoutMs: undefined, retry: undefined, outlier: undefined })
  const { concurrency, rateLimit } = modes?.inboundFor('payments') ?? {}
  expect([concurrency?.isShadow, rateLimit?.isShadow]).toEqual([true, undefined])
})

it('every piece of code about documents that change runs as it stands there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'seakeep-doc-'))
  const path = join(folder, 'policies.yaml')
  const [text, other] = ['1s', '2s'].map((timeout) => `version: 1\ntargets: { a: { timeout: ${timeout} } }`) as [
    string,
    string,
  ]
  const reports: unknown[] = []
  const report = (...about: unknown[]): void => void reports.push(about)
  await writeFile(path, 'version: 1')
  try {
    const rt = await createRuntime({ service: 'web', policies: path })
    rt.policies.value // { hash, source, revision, appliedAtMs, rejected?, failure? }
    rt.events$.subscribe((event) => {
      if (event.type === 'policyRejected') report(event.name, event.revision, event.error)
    })
    const store = memoryPolicyStore(text)
    rt.follow(store.connect())
    store.put(other)
    expect(rt.policies.value).toMatchObject({ hash: parsePolicyText(other, '').hash, source: 'memory', revision: '2' })
    store.put('version: 2')
    expect(reports).toMatchObject([['memory', '3', { path: 'version' }]])
    await rt.close()

    const file = filePolicyStore(path)
    const before = await file.read()
    await file.write({ hash: parsePolicyText(text, path).hash, text, atMs: Date.now(), author: 'me' }, before?.revision)
    const [last] = await file.history(1)
    expect(last).toMatchObject({ text, author: 'me' })
    expect((await file.read())?.text).toBe(text)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  const inOneLine = (code: string): string => code.replace(/\s+/g, ' ').trim()
  const source = inOneLine(await readFile(new URL(import.meta.url), 'utf8'))
  // The first piece shows policy(); the others are of this section.
  const found = pieces('ts').slice(1)
  expect(found.map((code) => source.includes(inOneLine(code)))).toEqual([true, true, true])
})
