/**
 * Data as YAML that reads like what a person writes: what fits on a line stands on one. The `yaml` package decides by
 * kind, not by length, and puts each sample of a distribution on a line of its own.
 */
import { folded, WIDTH } from './folded.ts'

/** Comments above entries, by the keys that lead there, joined by a line feed. */
export type Comments = ReadonlyMap<string, string>

/** `isOpen` says of what is never put on one line, by the keys that lead there. */
export function yamlText(data: object, comments: Comments, isOpen: (path: readonly string[]) => boolean): string {
  return `${new YamlPrinter(comments, isOpen).block(data, '', []).join('\n')}\n`
}

class YamlPrinter {
  readonly #comments: Comments
  readonly #isOpen: (path: readonly string[]) => boolean

  constructor(comments: Comments, isOpen: (path: readonly string[]) => boolean) {
    this.#comments = comments
    this.#isOpen = isOpen
  }

  /** The lines of a map or a list, each with its indent. */
  block(value: object, indent: string, path: readonly string[]): string[] {
    return Object.entries(value).flatMap(([key, item]: [string, unknown]) => {
      const own = [...path, key]
      const head = Array.isArray(value) ? `${indent}-` : `${indent}${scalar(key)}:`
      const comment = this.#comments.get(own.join('\n'))
      return [...(comment === undefined ? [] : [`${indent}# ${comment}`]), ...this.#entry(head, item, indent, own)]
    })
  }

  #entry(head: string, item: unknown, indent: string, path: readonly string[]): string[] {
    if (typeof item !== 'object' || item === null) return [`${head} ${scalar(item)}`]
    const isEmpty = Object.keys(item).length === 0
    if (isEmpty || !this.#isOpen(path)) {
      const line = inline(item, WIDTH - head.length - 1)
      if (line !== undefined) return [`${head} ${line}`]
    }
    const deeper = `${indent}  `
    if (Array.isArray(item) && item.every((one) => typeof one !== 'object')) {
      return [`${head}`, `${deeper}[`, ...folded(item.map(scalar), `${deeper}  `), `${deeper}]`]
    }
    const lines = this.block(item, deeper, path)
    // The first entry of a map in a list stands behind the dash.
    if (!head.endsWith('-') || lines[0]?.trimStart().startsWith('#')) return [head, ...lines]
    return [`${head} ${lines[0]?.slice(deeper.length)}`, ...lines.slice(1)]
  }
}

/** Undefined where it is longer than `room`. */
function inline(value: unknown, room: number): string | undefined {
  if (typeof value !== 'object' || value === null) return scalar(value)
  const isList = Array.isArray(value)
  const parts: string[] = []
  let left = room
  for (const [key, item] of Object.entries(value)) {
    const text = inline(item, left)
    if (text === undefined) return undefined
    const part = isList ? text : `${scalar(key)}: ${text}`
    parts.push(part)
    left -= part.length + 2
    if (left < 2) return undefined
  }
  if (parts.length === 0) return isList ? '[]' : '{}'
  return isList ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`
}

/** Begins with a letter or a slash, and holds nothing that means something to YAML, also inside of brackets. */
const PLAIN = /^[\p{L}/_][\p{L}\p{N}/_.$+@~-]*(?: [\p{L}\p{N}/_.$+@~(-][\p{L}\p{N}/_.$+@~()-]*)*$/u
const LENGTH = /^\d+(\.\d+)?(us|ms|s|m|h)$/
/** Words that some version of YAML takes for something else. */
const WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i

function scalar(value: unknown): string {
  if (typeof value !== 'string') return String(value)
  return (PLAIN.test(value) && !WORDS.test(value)) || LENGTH.test(value) ? value : JSON.stringify(value)
}
