/**
 * Makes docs/images/demo.png, the picture of the README: the two sides of `seakeep demo` that retry, over each other, as the
 * first screen of the report shows them. Run as a program, where a Chromium is installed:
 * `node -C @seakeep/source packages/sim/viewer/picture.ts [FILE]`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { PRESETS } from '../src/cli/presets.ts'
import { htmlReport } from '../src/reporting/html.ts'
import { loadPage } from '../src/reporting/node-page.ts'
import type { PageRun } from '../src/reporting/page-data.ts'
import { runScenario } from '../src/running/run-scenario.ts'
import { loadScenario, resolveLoaded } from '../src/scenario/node-load-scenario.ts'
import { Chromium, findChromium } from './test/chromium.ts'

const FILE = fileURLToPath(new URL('../../../docs/images/demo.png', import.meta.url))
const [WIDTH, HEIGHT] = [1440, 940]

export async function demoPage(): Promise<string> {
  const preset = PRESETS.find(({ name }) => name === 'online-boutique')
  if (preset === undefined) throw new Error('the story online-boutique is not there')
  const loaded = await loadScenario(preset.file)
  const pageRun = async (wanted: string): Promise<PageRun> => {
    const { id, label, policies } = preset.sides.find((side) => side.id === wanted) ?? {}
    const { document } = await runScenario(resolveLoaded(loaded, { policies }), { inDetail: true })
    return { label: label ?? wanted, run: document, replay: `seakeep demo online-boutique --only ${id} --seed 1` }
  }
  const [run, base] = [await pageRun('governed'), await pageRun('naive')]
  return htmlReport(await loadPage(), { schema: 'seakeep.report/1', run, base })
}

export async function pictureOf(page: string, chromium: string): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'seakeep-picture-'))
  try {
    const file = join(folder, 'demo.html')
    writeFileSync(file, page)
    await using browser = await Chromium.start(chromium)
    const tab = await browser.open(WIDTH, HEIGHT)
    await tab.goto(`${pathToFileURL(file)}#t=35`)
    return await tab.picture()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const [, program, file = FILE] = process.argv
if (program === import.meta.filename) {
  const chromium = findChromium()
  if (chromium === undefined) throw new Error('no Chromium is installed (apt-get install chromium)')
  writeFileSync(file, await pictureOf(await demoPage(), chromium))
}
