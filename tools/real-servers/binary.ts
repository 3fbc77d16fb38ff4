// A program from its environment variable, PATH, a cache or a download, in this order. Test files run in processes of
// their own and all ask for it: one of them downloads, and a download that failed stands for the others too.
import { access, constants, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { withLock } from './lock.ts'

const FAILURE_STANDS_MS = 5 * 60_000

/** `download` leaves the program at the path it is given, whole or not at all. */
export async function binaryOf(
  name: string,
  cache: string,
  env: Readonly<Record<string, string | undefined>>,
  download: (path: string) => Promise<void>,
): Promise<{ readonly path: string } | { readonly missing: string }> {
  const variable = `${name.toUpperCase()}_BIN`
  const named = env[variable]
  if (named) return (await isProgram(named)) ? { path: named } : { missing: `${variable}=${named} is no program` }
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name)
    if (folder !== '' && (await isProgram(path))) return { path }
  }
  const path = join(cache, name)
  if (await isProgram(path)) return { path }
  await mkdir(cache, { recursive: true })
  return withLock(join(cache, `${name}.lock`), async () => {
    if (await isProgram(path)) return { path }
    const failed = join(cache, `${name}.missing`)
    const before = await recent(failed)
    if (before !== undefined) return { missing: before }
    try {
      await download(path)
      await rm(failed, { force: true })
      return { path }
    } catch (error) {
      const missing = `no ${name}: ${(error as Error).message}`
      await writeFile(failed, missing)
      return { missing }
    }
  })
}

async function recent(file: string): Promise<string | undefined> {
  const age = await stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Number.POSITIVE_INFINITY,
  )
  return age < FAILURE_STANDS_MS ? readFile(file, 'utf8') : undefined
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
