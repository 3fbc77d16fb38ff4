/** Data as a literal of JSON or of code: what fits on a line stands on one, and in code helpers name distributions. */
import { folded, WIDTH } from './folded.ts'

export interface Literal {
  readonly text: string
  /** Names that the code needs to import. */
  readonly helpers: ReadonlySet<string>
}

/** Code where `remarks` on services are given, else JSON. */
export function literal(data: object, remarks?: ReadonlyMap<string, string>): Literal {
  const printer = new LiteralPrinter(remarks)
  return { text: printer.block(data, '', []), helpers: printer.helpers }
}

const DISTRIBUTIONS = ['exponential', 'lognormal', 'empirical']

class LiteralPrinter {
  readonly helpers = new Set<string>()
  readonly #remarks: ReadonlyMap<string, string> | undefined

  constructor(remarks: ReadonlyMap<string, string> | undefined) {
    this.#remarks = remarks
  }

  /** `value` on one line if it is no longer than `room`, else on as many as it needs. */
  #print(value: unknown, indent: string, path: readonly string[], room: number): string {
    const line = this.#inline(value, path, room)
    if (line !== undefined || typeof value !== 'object' || value === null) return line ?? this.#scalar(value)
    const helper = this.#helperOf(value, path)
    if (helper === undefined) return this.block(value, indent, path)
    this.helpers.add(helper.name)
    return `${helper.name}(${this.block(helper.given, indent, [...path, '()'])})`
  }

  block(value: object, indent: string, path: readonly string[]): string {
    const deeper = `${indent}  `
    const isList = Array.isArray(value)
    const end = this.#isCode ? ',' : ''
    if (isList && value.every((item) => typeof item !== 'object')) {
      const lines = folded(
        value.map((item) => this.#scalar(item)),
        deeper,
      )
      return `[\n${lines.join('\n')}${end}\n${indent}]`
    }
    const entries = Object.entries(value).map(([key, item]: [string, unknown]) => {
      const head = isList ? deeper : `${deeper}${this.#key(key)}: `
      const remark = path.length === 1 && path[0] === 'topology' ? this.#remarks?.get(key) : undefined
      const comment = remark === undefined ? '' : `${deeper}// ${remark}\n`
      return comment + head + this.#print(item, deeper, [...path, key], WIDTH - head.length - 1)
    })
    return `${isList ? '[' : '{'}\n${entries.join(',\n')}${end}\n${indent}${isList ? ']' : '}'}`
  }

  /** Undefined where it is longer than `room`. */
  #inline(value: unknown, path: readonly string[], room: number): string | undefined {
    if (typeof value !== 'object' || value === null) return this.#scalar(value)
    const helper = this.#helperOf(value, path)
    if (helper !== undefined) {
      const given = this.#inline(helper.given, [...path, '()'], room - helper.name.length - 2)
      if (given !== undefined) this.helpers.add(helper.name)
      return given === undefined ? undefined : `${helper.name}(${given})`
    }
    const isList = Array.isArray(value)
    const parts: string[] = []
    let left = room
    for (const [key, item] of Object.entries(value)) {
      const text = this.#inline(item, [...path, key], left)
      const part = isList ? text : `${this.#key(key)}: ${text}`
      if (text === undefined || part === undefined) return undefined
      parts.push(part)
      left -= part.length + 2
      if (left < 2) return undefined
    }
    if (parts.length === 0) return isList ? '[]' : '{}'
    return isList ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`
  }

  #helperOf(value: object, path: readonly string[]): { readonly name: string; readonly given: object } | undefined {
    if (!this.#isCode || Array.isArray(value)) return undefined
    if (path.length === 2 && path[0] === 'topology') return { name: 'service', given: value }
    const [name = '', ...others] = Object.keys(value)
    const isDistribution = DISTRIBUTIONS.includes(name) && ['work', 'latency'].includes(path.at(-1) ?? '')
    const isWorkload = name === 'poisson' && path.length === 2 && path[0] === 'workload'
    if (others.length > 0 || (!isDistribution && !isWorkload)) return undefined
    return { name, given: (value as Readonly<Record<string, object>>)[name] ?? {} }
  }

  get #isCode(): boolean {
    return this.#remarks !== undefined
  }

  #key(key: string): string {
    // Written plainly, this one key of code would be the object's prototype.
    if (this.#isCode && key === '__proto__') return "['__proto__']"
    return this.#isCode && /^[A-Za-z_$][\w$]*$/.test(key) ? key : this.#scalar(key)
  }

  #scalar(value: unknown): string {
    if (typeof value !== 'string' || !this.#isCode) return JSON.stringify(value)
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
  }
}
