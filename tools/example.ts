// `pnpm example <name> [options]`: runs examples/<name>/main.ts in this process, with the options as its own.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const folder = join(import.meta.dirname, '..', 'examples')
const known = existsSync(folder) ? readdirSync(folder).filter((name) => existsSync(join(folder, name, 'main.ts'))) : []

const [name, ...options] = process.argv.slice(2)
if (name !== undefined && known.includes(name)) {
  const main = join(folder, name, 'main.ts')
  process.argv = [process.argv[0] as string, main, ...options]
  await import(pathToFileURL(main).href)
} else {
  console.error(name === undefined ? 'usage: pnpm example <name> [options]' : `There is no example '${name}'.`)
  console.error(`Examples: ${known.sort().join(', ') || 'none yet'}`)
  process.exitCode = 2
}
