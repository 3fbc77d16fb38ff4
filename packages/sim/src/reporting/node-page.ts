/**
 * The page of the HTML report, without a run. A published package carries it; from sources it is bundled when it is first
 * asked for, which takes a fraction of a second and needs no build.
 */
import { existsSync, readFileSync } from 'node:fs'

let page: Promise<string> | undefined

export function loadPage(): Promise<string> {
  page ??= read()
  return page
}

async function read(): Promise<string> {
  const built = new URL('../viewer.html', import.meta.url)
  if (existsSync(built)) return readFileSync(built, 'utf8')
  const bundler = new URL('../../viewer/bundle.ts', import.meta.url)
  const { bundlePage } = (await import(bundler.href)) as { bundlePage(): Promise<string> }
  return await bundlePage()
}
