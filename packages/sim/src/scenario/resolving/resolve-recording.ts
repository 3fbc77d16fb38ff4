/**
 * Recorded arrivals: a list in the scenario, or a file of them. A file is JSON (a list of the same), or a text with one
 * instant a line, whose other columns, if a heading names them, say whom the call goes to, with which key and class.
 */
import {
  byKind,
  duration,
  type Field,
  listOf,
  optional,
  type Place,
  printed,
  type RecordField,
  record,
  refined,
  rootPlace,
  text,
} from '@seakeep/core/spi'
import { readText } from '../node-files.ts'
import { parseData } from '../parse-data.ts'
import type { RecordedCall } from '../resolved-arrivals.ts'
import { unknownWord } from '../said.ts'
import type { ReplayedCallData } from '../workload-data.ts'
import { callTarget } from './resolve-operations.ts'

export interface CallPlaces {
  /** The services of the topology. */
  readonly names: readonly string[]
  /** What paths are relative to. */
  readonly baseDir: string
}

const COLUMNS: readonly (keyof ReplayedCallData)[] = ['at', 'to', 'key', 'priority']

/** In the order of time; what comes at one instant stays in the order given. */
export function recording({ names, baseDir }: CallPlaces): Field<readonly RecordedCall[], ''> {
  const instant = refined(duration(), (atMs): RecordedCall => ({ atMs }))
  const call: RecordField<RecordedCall> = record({
    at: duration(),
    to: optional(callTarget(names)),
    key: optional(text()),
    priority: optional(text()),
  })
  const list = listOf(byKind({ number: instant, text: instant, object: call }), { min: 1 })
  return refined(
    byKind({ list, text: refined(text(), (path, at) => readFrom(path, at, baseDir, list)) }),
    (calls): readonly RecordedCall[] => [...calls].sort((a, b) => a.atMs - b.atMs),
  )
}

function readFrom(
  path: string,
  at: Place,
  baseDir: string,
  list: Field<readonly RecordedCall[], ''>,
): readonly RecordedCall[] {
  const { text, file } = readText(baseDir, path, at.path)
  if (/^\s*\[/.test(text)) {
    const { value, locate } = parseData(text, file)
    return list.resolve(value, rootPlace(at.path, locate))
  }
  const { rows, firstLine } = rowsOf(
    text,
    rootPlace(at.path, () => `${file}:1:1`),
  )
  return list.resolve(
    rows,
    rootPlace(at.path, ([row = '0']) => `${file}:${Number(row) + firstLine}:1`),
  )
}

interface Rows {
  readonly rows: readonly object[]
  /** The line of the first of them, from 1. */
  readonly firstLine: number
}

/** Lines of a text, the cells of each by the name of their column; without a heading the first cell is the instant. */
function rowsOf(text: string, at: Place): Rows {
  const lines = text.trimEnd().split(/\r?\n/)
  const [first = ''] = lines
  const heading = cellsOf(first)
  const isHeading = heading.some((cell) => /^[a-z]+$/i.test(cell))
  if (!isHeading) return { rows: lines.map((line) => rowOf(cellsOf(line).slice(0, 1), ['at'])), firstLine: 1 }
  const columns: readonly string[] = COLUMNS
  for (const word of heading) {
    if (!columns.includes(word)) throw unknownWord(at, `unknown column ${printed(word)}`, word, COLUMNS)
  }
  return { rows: lines.slice(1).map((line) => rowOf(cellsOf(line), heading)), firstLine: 2 }
}

/** An instant that is written as a number is milliseconds; an empty cell says nothing. */
function rowOf(cells: readonly string[], columns: readonly string[]): object {
  const entries = columns.flatMap((column, i) => {
    const cell = cells[i] ?? ''
    if (cell === '') return []
    return [[column, column === 'at' && /^\d+(\.\d+)?$/.test(cell) ? Number(cell) : cell] as const]
  })
  return Object.fromEntries(entries)
}

function cellsOf(line: string): string[] {
  return line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'))
}
