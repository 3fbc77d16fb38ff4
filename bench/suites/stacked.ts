// One governed call that succeeds at once, with all stacked, and what signals add to it.
import { policy } from '@seakeep/core'
import { ALL_LAYERS, BARE, work } from '../bare.ts'
import { compare } from '../harness.ts'
import type { Suite } from '../row.ts'

async function reading({ signal }: { readonly signal: AbortSignal }): Promise<number> {
  return signal.aborted ? 0 : 42
}

export const stacked: Suite = {
  name: 'stacked',
  run: (rounds) => {
    const all = policy({ name: 'bench all', ...ALL_LAYERS })
    const { signal } = new AbortController()
    return compare(
      'stacked',
      [
        BARE,
        { name: 'all policies', call: () => all.execute(work), atMost: { ratio: 9, bytes: 1280 } },
        { name: 'all policies, the function reads signal', call: () => all.execute(reading) },
        { name: "all policies, a caller's own signal", call: () => all.execute(work, { signal }) },
      ],
      rounds,
    )
  },
}
