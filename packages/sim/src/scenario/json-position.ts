/**
 * Places in a JSON text: of the value behind some keys, and of the first character that is no JSON. Parsers that keep
 * positions need a hundred times as long as JSON.parse and as much memory; here the text is only read again when there is
 * an error to tell.
 */

/**
 * The offset of what stands behind `keys` (of its key, in an object), or of the nearest thing round it that is there; the
 * text is valid JSON.
 */
export function offsetInJson(text: string, keys: readonly string[]): number {
  let at = blank(text, 0)
  let place = at
  for (const key of keys) {
    const opening = text[at]
    if (opening !== '{' && opening !== '[') break
    const child = opening === '{' ? memberOf(text, at, key) : itemOf(text, at, Number(key))
    if (child === undefined) break
    at = child.value
    place = child.place
  }
  return place
}

interface Child {
  /** Where its key stands, or it has none. */
  readonly place: number
  readonly value: number
}

/** Line and column, both from 1. */
export function lineAndColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1
  let start = 0
  for (let next = text.indexOf('\n'); next >= 0 && next < offset; next = text.indexOf('\n', start)) {
    line++
    start = next + 1
  }
  return { line, column: offset - start + 1 }
}

/** Where a text that is no JSON stops being some. */
export function jsonErrorOffset(text: string): number {
  const open: ('{' | '[')[] = []
  let at = blank(text, 0)
  // What may stand here: a value, or after it what goes on or closes.
  let expectsValue = true
  let mayClose = false
  for (;;) {
    const letter = text[at]
    if (letter === undefined) return text.length
    const inside = open.at(-1)
    if (expectsValue) {
      if (mayClose && letter === (inside === '{' ? '}' : ']')) {
        expectsValue = false
        continue
      }
      if (inside === '{') {
        const end = STRING.test(text, at)
        if (end === undefined) return at
        at = blank(text, end)
        if (text[at] !== ':') return at
        at = blank(text, at + 1)
      }
      const opening = text[at]
      if (opening === '{' || opening === '[') {
        open.push(opening)
        mayClose = true
        at = blank(text, at + 1)
        continue
      }
      const end = STRING.test(text, at) ?? WORD.test(text, at)
      if (end === undefined) return at
      at = blank(text, end)
      expectsValue = false
    } else if (inside !== undefined && letter === ',') {
      expectsValue = true
      mayClose = false
      at = blank(text, at + 1)
      continue
    } else if (inside !== undefined && letter === (inside === '{' ? '}' : ']')) {
      open.pop()
      at = blank(text, at + 1)
    } else return at
    if (open.length === 0 && at >= text.length) return text.length
  }
}

class Token {
  readonly #pattern: RegExp

  constructor(pattern: RegExp) {
    this.#pattern = pattern
  }

  /** Where it ends; undefined where none stands at `at`. */
  test(text: string, at: number): number | undefined {
    this.#pattern.lastIndex = at
    return this.#pattern.test(text) ? this.#pattern.lastIndex : undefined
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them inside of a text.
const STRING = new Token(/"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y)
const WORD = new Token(/(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y)

function memberOf(text: string, object: number, key: string): Child | undefined {
  let at = blank(text, object + 1)
  while (text[at] === '"') {
    const end = stringEnd(text, at)
    const name = JSON.parse(text.slice(at, end)) as string
    const value = blank(text, blank(text, end) + 1)
    if (name === key) return { place: at, value }
    at = blank(text, valueEnd(text, value))
    if (text[at] === ',') at = blank(text, at + 1)
  }
  return undefined
}

function itemOf(text: string, list: number, index: number): Child | undefined {
  let at = blank(text, list + 1)
  for (let i = 0; text[at] !== ']' && at < text.length; i++) {
    if (i === index) return { place: at, value: at }
    at = blank(text, valueEnd(text, at))
    if (text[at] === ',') at = blank(text, at + 1)
  }
  return undefined
}

function valueEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const letter = text[at]
    if (letter === '"') at = stringEnd(text, at) - 1
    else if (letter === '{' || letter === '[') depth++
    else if (letter === '}' || letter === ']') depth--
    else if (depth > 0) continue
    else if (letter === ',') return at
    if (depth < 0) return at
    if (depth === 0 && (letter === '}' || letter === ']' || letter === '"')) return at + 1
  }
  return text.length
}

function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function blank(text: string, start: number): number {
  let at = start
  while (at < text.length && (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t')) at++
  return at
}
