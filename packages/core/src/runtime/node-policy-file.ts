import { readFile } from 'node:fs/promises'
import { parsePolicyText } from '../config/parse-text.ts'
import type { PolicyDocument } from '../config/policy-document.ts'
import { ConfigError } from '../errors/seakeep-error.ts'

/** Reads a policy document from a file, YAML or JSON by its content. */
export async function readPolicyFile(path: string): Promise<PolicyDocument> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new ConfigError('policies', `the file ${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
  return parsePolicyText(text, path)
}
