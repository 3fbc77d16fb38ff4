/** Writing to a place: what is there is compared first, and who was faster is named. */
import { ConfigError } from '@seakeep/core'
import { isPolicyConflictError, type PolicyStore, type PolicyText, type PushedPolicies } from '@seakeep/core/spi'
import type { CliIo } from './io.ts'
import { hashOf } from './policy-history.ts'
import { printedPlace, pushLine } from './policy-place.ts'

/** How often `--force` reads again what somebody else keeps writing. */
const MOST_TRIES = 5
/** How many of the last pushes are looked at for the one that is there. */
const LOOKED_AT = 20

export interface Pushed {
  /** Undefined where somebody was faster: nothing was written, and it has been told who. */
  readonly written: PolicyText | undefined
}

/** Compares and swaps; with `isForced` until it has, whatever was there. */
export async function pushTo(
  store: PolicyStore,
  entry: PushedPolicies,
  there: PolicyText | undefined,
  { place, isForced, io }: { readonly place: string; readonly isForced: boolean; readonly io: CliIo },
): Promise<Pushed> {
  let expected = there?.revision
  for (let tries = 1; ; tries++) {
    try {
      return { written: await store.write(entry, expected) }
    } catch (error) {
      if (!isPolicyConflictError(error)) throw error
      if (!isForced) {
        io.err(`seakeep: ${error.message}\n${await fasterLine(store)}`)
        return { written: undefined }
      }
      if (tries === MOST_TRIES) {
        throw new ConfigError(
          '',
          `${printedPlace(place)} was written by others ${MOST_TRIES} times meanwhile; nothing was pushed`,
        )
      }
      expected = (await store.read())?.revision
    }
  }
}

/**
 * Who was faster, as far as the history tells: what is there may have been written by hand, or a moment before its entry.
 */
export async function fasterLine(store: PolicyStore): Promise<string> {
  const there = await store.read()
  if (there === undefined) return '  there now: nothing\n'
  const present = hashOf(there.text)
  const push = (await store.history(LOOKED_AT)).find(({ hash }) => hash === present)
  const who = `${present ?? 'no valid document'}  revision ${there.revision}, of which the history knows nothing yet`
  return `  there now: ${push === undefined ? who : pushLine(push)}\n`
}

/** Who pushes: said outright, or the user of the shell. */
export function authorOf({ env }: CliIo): { readonly author?: string } {
  const author = env.SEAKEEP_AUTHOR ?? env.USER ?? env.LOGNAME ?? env.USERNAME
  return author === undefined || author === '' ? {} : { author }
}
