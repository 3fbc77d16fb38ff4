// What docs/choosing-policies.md shows as printed is what the commands print. With UPDATE_DOCS it is written anew.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { play, writeFiles } from './real-io.ts'

const FILE = new URL('../../../docs/choosing-policies.md', import.meta.url)
const PAGE = readFileSync(FILE, 'utf8')
const BLOCK = /```console\n(.*?)```/gs
const [SCENARIO = '', CAREFUL = '', EAGER = ''] = [...PAGE.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text)

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-choosing-'))
  writeFiles(cwd, { 'checkout.sim.yaml': SCENARIO, 'careful.yaml': CAREFUL, 'eager.yaml': EAGER })
})
afterAll(() => rmSync(cwd, { recursive: true }))

/** The block as it has to be: each command with what it prints now. How long it took is another matter. */
async function played(block: string): Promise<string> {
  let text = ''
  for (const [, line = ''] of block.matchAll(/^\$ seakeep (.*)$/gm)) {
    const { out, err } = await play(cwd, line, { wallNow: () => 0 })
    text += `$ seakeep ${line}\n${err}${out}`.replaceAll(`${cwd}/`, '')
  }
  return text.replaceAll(/ in 0ms$/gm, '').replaceAll(/[ \t]+$/gm, '')
}

test('every block of docs/choosing-policies.md is what its commands print', { timeout: 180_000 }, async () => {
  const blocks = [...PAGE.matchAll(BLOCK)].map(([, block = '']) => block)
  expect(blocks.length).toBeGreaterThan(6)
  const now: string[] = []
  for (const block of blocks) now.push(await played(block))
  if (process.env.UPDATE_DOCS === undefined) expect(blocks).toEqual(now)
  else
    writeFileSync(
      FILE,
      PAGE.replace(BLOCK, () => `\`\`\`console\n${now.shift()}\`\`\``),
    )
})
