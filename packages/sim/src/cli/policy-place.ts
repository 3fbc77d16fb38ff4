/** Where documents are kept for services to follow, as commands use it: opened, asked, closed, and its errors told. */
import { ConfigError, isConfigError } from '@seakeep/core'
import type { PolicyStore, PushedPolicies } from '@seakeep/core/spi'
import { UsageError } from './exit-code.ts'
import type { CliIo } from './io.ts'

/** `consul://host:port/key`; anything else is a file. */
export function isUrl(place: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(place)
}

/** The place without a password, for messages. */
export function printedPlace(place: string): string {
  return place.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/@]*@/i, '$1…@')
}

/** Opens the place for as long as `use` takes. What it cannot do is told in a sentence that names it. */
export async function withStore<T>(place: string, io: CliIo, use: (store: PolicyStore) => Promise<T>): Promise<T> {
  const store = await io.openPlace(place)
  try {
    return await use(store)
  } catch (error) {
    if (isOurs(error)) throw error
    const problem = error instanceof Error ? error.message : String(error)
    throw new ConfigError('', `${printedPlace(place)} cannot be used: ${problem}`)
  } finally {
    store.close()
  }
}

/** What says by itself what is wrong, and mistakes in code, which need their stack (what a socket threw has a cause). */
function isOurs(error: unknown): boolean {
  if (error instanceof UsageError || isConfigError(error)) return true
  return (error instanceof TypeError || error instanceof ReferenceError) && error.cause === undefined
}

/** `91ac03f2e5b7d846  2026-11-22T18:33:39Z  ann  raise the limit`. */
export function pushLine({ hash, atMs, author = '–', message = '' }: PushedPolicies): string {
  return `${hash}  ${instantOf(atMs)}  ${author}${message === '' ? '' : `  ${message}`}`
}

export function instantOf(atMs: number): string {
  const date = new Date(atMs)
  return Number.isNaN(date.getTime()) ? 'at no known time' : date.toISOString().replace(/\.\d+Z$/, 'Z')
}
