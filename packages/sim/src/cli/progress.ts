/**
 * How far a long run is: on a terminal one line that is written over, elsewhere (CI) a plain line at most every ten
 * seconds. Both go to standard error, so that results can be piped.
 */
import { clock, roughly } from '../reporting/figures.ts'
import type { CliIo, RunProgress } from './io.ts'

const PLAIN_EVERY_MS = 10_000
const DRAWN_EVERY_MS = 100
const ERASE_LINE = '\r\u001b[2K'
const BAR_WIDTH = 24

export interface Progress extends Disposable {
  update(progress: RunProgress): void
}

/** Dispose of it before anything else is printed: it takes its line away. */
export function showProgress(label: string, io: CliIo): Progress {
  let nextMs = io.isErrTty ? DRAWN_EVERY_MS : PLAIN_EVERY_MS
  let isDrawn = false
  return {
    update(progress) {
      if (progress.wallMs < nextMs) return
      if (io.isErrTty) {
        nextMs = progress.wallMs + DRAWN_EVERY_MS
        io.err(ERASE_LINE + fitted(`  ${bar(progress)} ${textOf(label, progress)}`, io.columns))
        isDrawn = true
      } else {
        nextMs = progress.wallMs + PLAIN_EVERY_MS
        io.err(`${textOf(label, progress)}\n`)
      }
    },
    [Symbol.dispose]() {
      if (isDrawn) io.err(ERASE_LINE)
      isDrawn = false
    },
  }
}

function textOf(label: string, { virtualMs, durationMs, wallMs, calls }: RunProgress): string {
  const speed = wallMs > 0 ? ` · ${roughly(virtualMs / wallMs)}× real time` : ''
  return `${label}  ${clock(virtualMs)} of ${clock(durationMs)} · ${roughly(calls)} calls${speed}`
}

function bar({ virtualMs, durationMs }: RunProgress): string {
  const full = Math.min(BAR_WIDTH, Math.floor((virtualMs / durationMs) * BAR_WIDTH))
  return '━'.repeat(full) + '─'.repeat(BAR_WIDTH - full)
}

/** A line that wraps cannot be written over. */
function fitted(text: string, columns: number): string {
  return columns > 1 && text.length >= columns ? text.slice(0, columns - 1) : text
}
