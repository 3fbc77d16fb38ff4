import { setFlagsFromString } from 'node:v8'

/**
 * V8 compiles a function together with those it calls up to 920 bytes of their code. An event of a simulation passes some
 * forty small ones, more than that holds: with room for them all a call takes a sixth less time. Results do not depend on
 * it. The bound is the process's, which a run has for itself: a CLI, a worker, a test.
 */
const MOST_INLINED_BYTES = 2500

let isTuned = false

/** Makes the engine ready for runs; what was compiled before stays as it is. */
export function tuneEngine(): void {
  if (isTuned) return
  isTuned = true
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${MOST_INLINED_BYTES}`)
}
