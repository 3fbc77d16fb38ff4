// What signals add to a call with all stacked: the one its function reads, and the one its caller gives.
import { policy } from '@seakeep/core'
import { ALL_LAYERS, BARE, work } from '../bare.ts'
import { compare } from '../harness.ts'
import type { Suite } from '../row.ts'

async function reading({ signal }: { readonly signal: AbortSignal }): Promise<number> {
  return signal.aborted ? 0 : 42
}

export const signals: Suite = {
  name: 'signals',
  run: (rounds) => {
    const all = policy({ name: 'bench all', ...ALL_LAYERS })
    const { signal } = new AbortController()
    return compare(
      'signals',
      [
        BARE,
        { name: 'all policies', call: () => all.execute(work) },
        { name: 'all policies, the function reads signal', call: () => all.execute(reading) },
        { name: "all policies, a caller's own signal", call: () => all.execute(work, { signal }) },
      ],
      rounds,
    )
  },
}
