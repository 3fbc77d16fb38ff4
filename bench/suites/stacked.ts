// One governed call that succeeds at once, with all stacked.
import { policy } from '@seakeep/core'
import { ALL_LAYERS, BARE, work } from '../bare.ts'
import { compare } from '../harness.ts'
import type { Suite } from '../row.ts'

export const stacked: Suite = {
  name: 'stacked',
  run: (rounds) => {
    // In turn: one after the other they are faster than the highest rate there is, and would be refused.
    const pair = [
      policy({ name: 'bench all 1', ...ALL_LAYERS }),
      policy({ name: 'bench all 2', ...ALL_LAYERS }),
    ] as const
    let turn: 0 | 1 = 0
    const call = (): Promise<number> => {
      turn = turn === 0 ? 1 : 0
      return pair[turn].execute(work)
    }
    return compare('stacked', [BARE, { name: 'all policies', call, atMost: { ratio: 9, bytes: 1280 } }], rounds)
  },
}
