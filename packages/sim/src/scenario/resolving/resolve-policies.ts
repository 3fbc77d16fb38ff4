/** The policy document of a scenario: a file's path or the document itself, read as the runtime reads it. */
import {
  didYouMean,
  isName,
  objectOf,
  type Place,
  PolicyDocument,
  parsePolicyDocument,
  parsePolicyText,
  printed,
} from '@seakeep/core/spi'
import { readText } from '../node-files.ts'
import { parseData } from '../parse-data.ts'

export interface ResolvedPolicies {
  readonly policies: PolicyDocument | undefined
  /** Keys that speak of services, `targets.orders` or `inbound.orders`, as far as the document's data is at hand. */
  readonly keys: readonly (readonly [section: string, key: string])[]
}

export function resolvePolicies(input: unknown, at: Place, baseDir: string): ResolvedPolicies {
  if (input === undefined || input instanceof PolicyDocument) return { policies: input, keys: [] }
  if (typeof input === 'string') {
    const { text, file } = readText(baseDir, input, at.path)
    return { policies: parsePolicyText(text, file), keys: keysOf(parseData(text, file).value) }
  }
  if (objectOf(input) === undefined) {
    throw at.error(`${printed(input)} is not allowed; a file's path or a policy document`)
  }
  return { policies: parsePolicyDocument(input, at), keys: keysOf(input) }
}

function keysOf(document: unknown): ResolvedPolicies['keys'] {
  const sections = objectOf(document)
  return ['targets', 'inbound'].flatMap((section) =>
    Object.keys(objectOf(sections?.[section]) ?? {}).map((key) => [section, key] as const),
  )
}

/** The document as plain data, for a setting that goes into it. */
export function policiesAsData(input: unknown, baseDir: string): unknown {
  if (typeof input !== 'string') return input
  const { text, file } = readText(baseDir, input, 'policies')
  return parseData(text, file).value
}

/**
 * Services that a document speaks of and the topology has not. Documents are shared between scenarios, so this is no
 * error; but a policy that governs nothing because its target is misspelt should be seen.
 */
export function unknownServices(keys: ResolvedPolicies['keys'], parties: readonly string[]): string[] {
  const known = new Set(parties)
  const warnings: string[] = []
  for (const [section, key] of keys) {
    const slash = key.indexOf('/')
    const names = (slash < 0 ? key : key.slice(0, slash)).split('>')
    for (const name of names) {
      if (!isName(name) || name.includes('*') || known.has(name)) continue
      warnings.push(`policies.${section}.${key}: ${printed(name)} is not in the topology${didYouMean(name, known)}`)
    }
  }
  return warnings
}
