/** Columns of text that stand straight: widths are those of the texts, colour comes after the padding. */
import type { Paint, Tone } from './paint.ts'

export type Cell = string | { readonly text: string; readonly tone: Tone }

export interface Column {
  readonly title: string
  /** Default left. */
  readonly align?: 'left' | 'right'
  /** Longest text shown; a longer one is cut in the middle. Default none. */
  readonly max?: number
}

/** The header and a line a row, each with `indent` before it; columns stand two blanks apart. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  paint: Paint,
  indent = '  ',
): string {
  const texts = rows.map((row) => columns.map(({ max }, c) => cut(textOf(row[c] ?? ''), max)))
  const widths = columns.map(({ title }, c) => Math.max(lengthOf(title), ...texts.map((row) => lengthOf(row[c] ?? ''))))
  const line = (cells: readonly string[], tones: readonly Tone[]): string => {
    const parts = cells.map((text, c) => {
      const padding = ' '.repeat((widths[c] ?? 0) - lengthOf(text))
      const painted = paint(tones[c] ?? 'plain', text)
      return columns[c]?.align === 'right' ? padding + painted : painted + padding
    })
    return `${indent}${parts.join('  ')}`.trimEnd()
  }
  const header = columns.every(({ title }) => title === '')
    ? []
    : [
        line(
          columns.map(({ title }) => title),
          columns.map(() => 'dim' as const),
        ),
      ]
  return [
    ...header,
    ...texts.map((cells, r) =>
      line(
        cells,
        columns.map((_, c) => toneOf(rows[r]?.[c] ?? '')),
      ),
    ),
  ].join('\n')
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text
}

function toneOf(cell: Cell): Tone {
  return typeof cell === 'string' ? 'plain' : cell.tone
}

/** By code points, which is right for everything that is printed here. */
function lengthOf(text: string): number {
  return [...text].length
}

function cut(text: string, max = Number.POSITIVE_INFINITY): string {
  const letters = [...text]
  if (letters.length <= max) return text
  const head = Math.ceil((max - 1) / 2)
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (max - 1 - head)).join('')}`
}
