/** The version of this package, from its own manifest: two folders up both from the sources and from what is built. */
import { readFileSync } from 'node:fs'

export function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return manifest.version
}
