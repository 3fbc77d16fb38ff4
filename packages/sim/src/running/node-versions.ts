import { readFileSync } from 'node:fs'
import process from 'node:process'
import type { RunDocument } from '../recording/run-document.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** What a run's figures depend on besides scenario and seed: `Math.log` and its like may differ between V8s. */
export function runVersions(): RunDocument['versions'] {
  return { seakeep: version, node: process.versions.node, v8: process.versions.v8 }
}
