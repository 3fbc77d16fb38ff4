/**
 * Makes the page one file: script, style and the libraries it stands on. What is left open is the run: its title, its text
 * and its data, which the `html` reporter fills in. Run as a program it writes the page to the file it is given:
 * `node bundle.ts dist/viewer.html`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { build } from 'esbuild'

const source = join(import.meta.dirname, 'src')
const require = createRequire(import.meta.filename)

export async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: "import 'uplot/dist/uPlot.min.css'; import './page.css'; import './main.ts'",
      resolveDir: source,
    },
    bundle: true,
    write: false,
    minify: true,
    outdir: 'out',
    format: 'iife',
    target: 'es2022',
    legalComments: 'inline',
    logLevel: 'silent',
  })
  const text = (ending: string): string => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? ''
  return readFileSync(join(source, 'page.html'), 'utf8')
    .replace('<!--seakeep:style-->', () => darkByDefault(text('.css')))
    .replace('<!--seakeep:script-->', () => text('.js').replaceAll('</script', '<\\/script'))
    .replace('<!--seakeep:licences-->', licences)
}

/** What stands in the page by others is MIT: their notices go where it goes. */
function licences(): string {
  const texts = ['uplot', '@dagrejs/dagre', '@dagrejs/graphlib'].map((name) => `${name}\n\n${licenceOf(name)}`)
  return `<!--\n${texts.join('\n\n').replaceAll('-->', '')}\n-->`
}

function licenceOf(name: string): string {
  // A library of a library is found where that one is.
  const from = name === '@dagrejs/graphlib' ? require.resolve('@dagrejs/dagre') : import.meta.filename
  const door = createRequire(from).resolve(name)
  const folder = door.slice(0, door.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length)
  return readFileSync(join(folder, 'LICENSE'), 'utf8').trim()
}

/** The dark colours once more, for who asks their system for them and has chosen nothing here. */
function darkByDefault(css: string): string {
  const [dark] = /:root\[data-theme="?dark"?\]\{[^}]*\}/.exec(css) ?? []
  if (dark === undefined) throw new Error('page.css has no dark theme')
  const asked = dark.replace(/^[^{]*/, ':root:not([data-theme])')
  return `${css}@media (prefers-color-scheme:dark){${asked}}`
}

const [, program, file] = process.argv
if (program === import.meta.filename && file !== undefined) writeFileSync(file, await bundlePage())
