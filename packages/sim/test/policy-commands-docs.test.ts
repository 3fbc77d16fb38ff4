// What docs/policy-commands.md shows as printed is what the commands print.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filePolicyStore } from '@seakeep/core/spi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from '../src/cli/commands.ts'
import { fakeIo } from './fake-run.ts'

const PAGE = readFileSync(new URL('../../../docs/policy-commands.md', import.meta.url), 'utf8')
const [POLICIES = '', MAIL = ''] = [...PAGE.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text)
const SCENARIO = `topology:
  gateway: { calls: [orders] }
  orders: { calls: [payments, mail] }
  payments: { calls: [mail] }
  mail: {}
workload: [{ poisson: { to: gateway, rate: 100 } }]
`

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-docs-'))
  writeFileSync(join(cwd, 'policies.yaml'), POLICIES)
  writeFileSync(join(cwd, 'misspelt.yaml'), POLICIES.replace('timeout: 2s', 'timeuot: 2s'))
  writeFileSync(join(cwd, 'mail.yaml'), MAIL)
  writeFileSync(join(cwd, 'slower.yaml'), MAIL.replace('timeout: 2s', 'timeout: 3s'))
  writeFileSync(join(cwd, 'shop.sim.yaml'), SCENARIO)
})
afterAll(() => rmSync(cwd, { recursive: true }))

/** The block as it has to be: each command with what it prints now. */
async function played(block: string): Promise<string> {
  let text = ''
  const minute = 60_000
  let pushes = 0
  for (const [, line = ''] of block.matchAll(/^\$ seakeep (.*)$/gm)) {
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '')
    const io = fakeIo({
      cwd,
      env: { USER: 'ann' },
      openPlace: async (place) => filePolicyStore(join(cwd, place)),
      wallNow: () => 1_795_372_419_000 + 5 * minute * pushes++,
    })
    await runCli(words, io)
    text += `$ seakeep ${line}\n${io.printed.err}${io.printed.out}`.replaceAll(`${cwd}/`, '')
  }
  return text
}

test('every block of docs/policy-commands.md is what its commands print', async () => {
  const blocks = [...PAGE.matchAll(/```console\n(.*?)```/gs)].map(([, block = '']) => block)
  expect(blocks.length).toBeGreaterThan(3)
  for (const block of blocks) expect(block).toBe(await played(block))
})
