/**
 * A hash of what a document says: equal for equal content whatever the order of its keys, so that a report can name the
 * policies a run had. Not cryptographic. Two differently begun FNV-1a hashes of one canonical text make 64 bits.
 */
import { hashText } from '../random/mix.ts'

/** 16 hexadecimal digits. */
export function contentHash(content: unknown): string {
  const text = canonicalText(content)
  return [hashText(text), hashText(`seakeep ${text}`)].map((half) => half.toString(16).padStart(8, '0')).join('')
}

/** JSON with sorted keys; what is undefined is not there. */
function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalText(entry)}`).join()}}`
}
