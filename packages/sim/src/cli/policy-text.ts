/** Policy documents as commands read them, and what they print of them. */
import { resolve } from 'node:path'
import { type PolicyChange, type PolicyDocument, parsePolicyText } from '@seakeep/core/spi'
import { COLOURS, NO_PAINT, type Paint, wantsColour } from '../reporting/paint.ts'
import { readText } from '../scenario/node-files.ts'
import { UsageError } from './exit-code.ts'
import type { CliIo } from './io.ts'

export interface ReadDocument {
  /** As it is called in messages. */
  readonly name: string
  readonly text: string
  readonly document: PolicyDocument
}

/** Throws a ConfigError where the file cannot be read or is no valid document. */
export function readDocument(path: string, io: CliIo): ReadDocument {
  const { text, file } = readText(io.cwd, path, '')
  return { name: file, text, document: parsePolicyText(text, file) }
}

export function paintOf(io: CliIo, isOut = true): Paint {
  return wantsColour(isOut ? io.isOutTty : io.isErrTty, io.env) ? COLOURS : NO_PAINT
}

/** Writes `text` to a file, or with `-` to standard output. */
export function writeTo(path: string, text: string, io: CliIo): void {
  if (path === '-') {
    io.out(text)
    return
  }
  try {
    io.writeFile(resolve(io.cwd, path), text)
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}`)
  }
}

export function asJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

/** A line a field that changes: `payments  retry.maxAttempts  3 -> 5`. */
export function changeLines(changes: readonly PolicyChange[], paint: Paint): string {
  const lines = changes.flatMap(({ section, target, kind, fields }) => {
    const name = paint('strong', section === 'inbound' ? `inbound ${target}` : target)
    const tone = kind === 'added' ? 'good' : 'bad'
    return [
      ...(kind === 'changed' ? [] : [`${name}  ${paint(tone, kind)}`]),
      ...fields.map(({ path, from = 'none', to = 'none' }) => `${name}  ${path}  ${from} -> ${to}`),
    ]
  })
  return lines.map((line) => `${line}\n`).join('')
}

/** The only positional argument of a command. */
export function onlyFile(command: string, files: readonly string[]): string {
  const [file, ...more] = files
  if (file === undefined || more.length > 0) {
    throw new UsageError(`policy ${command} takes one document, as seakeep policy ${command} policies.yaml`)
  }
  return file
}
