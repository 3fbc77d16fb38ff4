// What docs/reports.md shows as printed is what the commands print: the scenario is run, its real time is not the page's.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from '../src/cli/commands.ts'
import { runScenario } from '../src/running/run-scenario.ts'
import { fakeIo } from './fake-run.ts'

const PAGE = readFileSync(new URL('../../../docs/reports.md', import.meta.url), 'utf8')
const [, SCENARIO = ''] = /```yaml\n(.*?)```/s.exec(PAGE) ?? []

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-docs-'))
  writeFileSync(join(cwd, 'shop.sim.yaml'), SCENARIO)
})
afterAll(() => rmSync(cwd, { recursive: true }))

/** The block as it has to be: each command with what it prints now, files shown by `cat` among them. */
async function played(block: string): Promise<string> {
  let text = ''
  for (const [, line = ''] of block.matchAll(/^\$ seakeep (.*)$/gm)) {
    const io = fakeIo({
      cwd,
      simulate: async (scenario, options) => ({ ...(await runScenario(scenario, options)).document, wallMs: 120 }),
    })
    await runCli(line.split(' '), io)
    for (const [path, written] of io.files)
      if (path.endsWith('.json') && !path.includes('.seakeep')) writeFileSync(path, written)
    text += `$ seakeep ${line}\n${io.printed.err}${io.printed.out}`.replaceAll(`${cwd}/`, '')
  }
  return text
}

test('every block of docs/reports.md is what its commands print', { timeout: 60_000 }, async () => {
  const blocks = [...PAGE.matchAll(/(```|~~~)console\n(.*?)\1/gs)].map(([, , block = '']) => block)
  expect(blocks.length).toBeGreaterThan(4)
  for (const block of blocks) expect(block).toBe(await played(block))
})
