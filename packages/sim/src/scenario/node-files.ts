/** The files that a scenario names: read at once, relative to the scenario's own file, and missed in one sentence. */
import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { ConfigError } from '@seakeep/core'

export interface ReadText {
  /** As it is called in messages: relative to the working directory where that is shorter. */
  readonly file: string
  readonly text: string
}

/** Reads `path`, which was given at `place` of the scenario or the command line (empty: it needs no naming). */
export function readText(baseDir: string, path: string, place: string): ReadText {
  const absolute = resolve(baseDir, path)
  const file = shortened(absolute)
  try {
    return { file, text: readFileSync(absolute, 'utf8') }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const problem =
      code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder' : `cannot be read: ${message}`
    throw new ConfigError(place, `the file ${file} ${problem}`, { cause })
  }
}

export function shortened(absolute: string): string {
  const short = relative('', absolute)
  return short === '' || short.length >= absolute.length || short.startsWith('../../..') ? absolute : short
}
