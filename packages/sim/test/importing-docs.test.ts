// What docs/importing.md shows as printed is what the commands print.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from '../src/cli/commands.ts'
import { fakeIo } from './fake-run.ts'

const PAGE = readFileSync(new URL('../../../docs/importing.md', import.meta.url), 'utf8')
const [DEPENDENCIES = ''] = [...PAGE.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => text)

const span = (
  traceID: string,
  spanID: string,
  service: string,
  parent: string,
  startTime: number,
  duration: number,
) => ({
  traceID,
  spanID,
  operationName: service === 'shop' && parent === '' ? 'GET /cart' : service === 'shop' ? 'send' : 'POST /mail',
  references: parent === '' ? [] : [{ refType: 'CHILD_OF', traceID, spanID: parent }],
  tags: [{ key: 'span.kind', value: service === 'shop' && parent !== '' ? 'client' : 'server' }],
  startTime,
  duration,
  processID: service,
})
const processes = { shop: { serviceName: 'shop' }, mail: { serviceName: 'mail' } }
const TRACES = [
  { traceID: 't1', processes, spans: [span('t1', '1', 'shop', '', 1e15, 8000)] },
  {
    traceID: 't2',
    processes,
    spans: [
      span('t2', '1', 'shop', '', 2e15, 20_000),
      span('t2', '2', 'shop', '1', 2e15 + 8000, 11_000),
      span('t2', '3', 'mail', '2', 2e15 + 8500, 10_000),
    ],
  },
]

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-importing-'))
  writeFileSync(join(cwd, 'deps.json'), DEPENDENCIES)
  writeFileSync(join(cwd, 'traces.json'), JSON.stringify({ data: TRACES }))
  writeFileSync(join(cwd, 'broken.json'), DEPENDENCIES.replace('75000', '"many"'))
})
afterAll(() => rmSync(cwd, { recursive: true }))

/** The block as it has to be: each command with what it prints now. */
async function played(block: string): Promise<string> {
  let text = ''
  for (const [, line = ''] of block.matchAll(/^\$ (.*)$/gm)) {
    const words = line.split(' ')
    const io = fakeIo({ cwd, writeFile: (path, content) => writeFileSync(path, content) })
    if (words[0] === 'cat') text += `$ ${line}\n${readFileSync(join(cwd, words[1] ?? ''), 'utf8')}`
    else {
      await runCli(words.slice(1), io)
      text += `$ ${line}\n${io.printed.err}${io.printed.out}`.replaceAll(`${cwd}/`, '')
    }
  }
  return text
}

test('every block of docs/importing.md is what its commands print', async () => {
  const blocks = [...PAGE.matchAll(/```console\n(.*?)```/gs)].map(([, block = '']) => block)
  expect(blocks).toHaveLength(3)
  for (const block of blocks) expect(block).toBe(await played(block))
})
