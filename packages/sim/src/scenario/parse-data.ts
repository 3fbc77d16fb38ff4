/**
 * YAML or JSON to plain data, with the way back: from the keys that lead to a value to its line, for errors found later.
 */
import { ConfigError } from '@seakeep/core'
import type { Locate } from '@seakeep/core/spi'
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { jsonErrorOffset, lineAndColumn, offsetInJson } from './json-position.ts'

export interface ParsedData {
  readonly value: unknown
  readonly locate: Locate
}

/** `file` is what the text is called in errors: `x.yaml:3:5: …`. */
export function parseData(text: string, file: string): ParsedData {
  // JSON is YAML, but its own parser is a hundred times faster.
  const json = parseJson(text)
  if (json !== undefined) return { value: json.value, locate: (keys) => placeInJson(text, file, keys) }
  const lines = parseJsonLines(text)
  if (lines !== undefined) return { value: lines, locate: ([line = '0']) => `${file}:${Number(line) + 1}:1` }
  if (text.length > LARGE && looksLikeJson(text)) throw notJson(text, file)
  return parseYaml(text, file)
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  if (!looksLikeJson(text)) return undefined
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

/** One object a line, as collectors append them to a file. */
function parseJsonLines(text: string): readonly unknown[] | undefined {
  const first = text.indexOf('\n')
  if (first < 0 || !text.startsWith('{') || parseJson(text.slice(0, first)) === undefined) return undefined
  const lines = text.trimEnd().split('\n').map(parseJson)
  return lines.every((line) => line !== undefined) ? lines.map(({ value }) => value) : undefined
}

/** From this length on YAML's parser would need minutes to say what is wrong with JSON. */
const LARGE = 100_000

function looksLikeJson(text: string): boolean {
  return /^\s*[{[]/.test(text)
}

function placeInJson(text: string, file: string, keys: readonly string[]): string {
  const { line, column } = lineAndColumn(text, offsetInJson(text, keys))
  return `${file}:${line}:${column}`
}

function notJson(text: string, file: string): ConfigError {
  const offset = jsonErrorOffset(text)
  const { line, column } = lineAndColumn(text, offset)
  const end =
    offset >= text.length ? 'it ends too early' : `unexpected ${JSON.stringify(text.slice(offset, offset + 12))}`
  return new ConfigError('', `${file}:${line}:${column}: not readable as JSON: ${end}`)
}

function parseYaml(text: string, file: string): ParsedData {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const position = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}`
  }
  const [error] = document.errors
  if (error !== undefined) throw unreadable(position(error.pos[0]), error)
  let value: unknown
  try {
    value = document.toJS()
  } catch (cause) {
    throw unreadable(file, cause as Error)
  }
  return {
    value,
    locate: (keys) => {
      const offset = offsetOf(keys, document)
      return offset === undefined ? undefined : position(offset)
    },
  }
}

/** Where the value behind `keys` stands, or the nearest thing round it that is there. */
function offsetOf(keys: readonly string[], document: Document): number | undefined {
  let node: unknown = document.contents
  let offset = isNode(node) ? node.range?.[0] : undefined
  for (const key of keys) {
    const within: Node | undefined = isAlias(node) ? node.resolve(document) : isNode(node) ? node : undefined
    if (isMap(within)) {
      const pair = within.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      if (pair === undefined) break
      offset = (pair.key as Node).range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(within)) {
      node = within.items[Number(key)]
      if (!isNode(node)) break
      offset = node.range?.[0] ?? offset
    } else break
  }
  return offset
}

function unreadable(where: string, cause: Error): ConfigError {
  const sentence = (cause.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '').trim()
  const problem = sentence.charAt(0).toLowerCase() + sentence.slice(1)
  return new ConfigError('', `${where}: not readable as YAML or JSON: ${problem}`, { cause })
}
