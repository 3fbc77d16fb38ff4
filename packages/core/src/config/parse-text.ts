/**
 * YAML and JSON text, read as one language (YAML 1.2 holds JSON), with the position of everything in it: an error found
 * later in what a text says names file, line and column.
 */
import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import { ConfigError } from '../errors/seakeep-error.ts'
import { type Place, rootPlace } from '../options/place.ts'
import { type PolicyDocument, parsePolicyDocument } from './policy-document.ts'

export interface ParsedText {
  readonly value: unknown
  /** The root of `value`, whose places know where in the text they stand. */
  readonly place: Place
}

/** Reads a text that errors call `source`, a file's name. Throws a ConfigError of one sentence where it is no YAML. */
export function parseText(text: string, source: string): ParsedText {
  const lines = new LineCounter()
  const position = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${source}:${line}:${col}`
  }
  const unreadable = (offset: number, message: string, cause?: unknown): ConfigError =>
    new ConfigError('', `${position(offset)}: not readable as YAML or JSON: ${message}`, { cause })

  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const [fault] = [...document.errors, ...document.warnings]
  if (fault !== undefined) throw unreadable(fault.pos[0], messageOf(fault.code, fault.message), fault)
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key)) throw unreadable(startOf(key) ?? 0, 'a key must be a plain word or text')
    },
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return
      throw unreadable(startOf(alias) ?? 0, `no anchor &${alias.source} stands before this alias`)
    },
  })
  try {
    return { value: document.toJS(), place: rootPlace('', (keys) => position(offsetOf(document, keys))) }
  } catch (cause) {
    // Aliases of aliases, so many of them that following all would exhaust the memory.
    throw unreadable(0, (cause as Error).message, cause)
  }
}

/** Reads the text of a policy document. Throws a ConfigError with file, line and column. */
export function parsePolicyText(text: string, source: string): PolicyDocument {
  const { value, place } = parseText(text, source)
  return parsePolicyDocument(value, place)
}

function messageOf(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here (---)'
  return message.charAt(0).toLowerCase() + message.slice(1)
}

/** Where the keys lead to in the text: the key of the last field or the last item that is there. */
function offsetOf(document: Document, keys: readonly string[]): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const key of keys) {
    if (isSeq(node)) {
      node = node.items[Number(key)]
      offset = startOf(node) ?? offset
    } else if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      offset = startOf(pair?.key) ?? offset
      node = pair?.value
    } else break
  }
  return offset
}

function startOf(node: unknown): number | undefined {
  return (node as { readonly range?: readonly number[] | null } | null | undefined)?.range?.[0]
}
