/** Writing to a place: what is there is compared first, and who was faster is named. */
import { ConfigError } from '@seakeep/core'
import { isPolicyConflictError, type PolicyStore, type PolicyText, type PushedPolicies } from '@seakeep/core/spi'
import type { CliIo } from './io.ts'
import { printedPlace, pushLine } from './policy-place.ts'

/** How often `--force` reads again what somebody else keeps writing. */
const MOST_TRIES = 5

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

/** Who was faster, as far as the history tells. */
export async function fasterLine(store: PolicyStore): Promise<string> {
  const [last] = await store.history(1)
  return last === undefined ? '' : `  there now: ${pushLine(last)}\n`
}

/** Who pushes: said outright, or the user of the shell. */
export function authorOf({ env }: CliIo): { readonly author?: string } {
  const author = env.SEAKEEP_AUTHOR ?? env.USER ?? env.LOGNAME ?? env.USERNAME
  return author === undefined || author === '' ? {} : { author }
}
