import { Draw } from '@seakeep/core/spi'

const MODEL: number = Draw.model

type Purposes =
  | ('out' | 'back' | 'reset' | 'failure' | 'caller' | 'target' | 'think' | 'cancel' | 'key' | 'note' | 'noteRead')
  | ('loss' | 'duplicate' | 'copy')
  | ('priority' | 'patience' | 'again' | 'pause')
  | ('fault' | 'step' | 'wait' | 'linePatience' | 'warm')

/** What a keyed draw of the model is for. The numbers are part of every trace hash: append only. */
export const Purpose: Record<Purposes, number> = {
  out: MODEL,
  back: MODEL + 1,
  reset: MODEL + 2,
  failure: MODEL + 3,
  /** Which of a workload's callers makes the call, and which of its targets it goes to. */
  caller: MODEL + 4,
  target: MODEL + 5,
  think: MODEL + 6,
  /** The way of a caller's giving up. */
  cancel: MODEL + 7,
  /** Which of a workload's keys a call has. */
  key: MODEL + 8,
  /** The way of a note to the shared board, and from there to a reader. */
  note: MODEL + 9,
  noteRead: MODEL + 10,
  /** Whether the network loses a packet, or doubles a request, and what names the copy. */
  loss: MODEL + 32,
  duplicate: MODEL + 33,
  copy: MODEL + 34,
  /** Which of a workload's classes a call has, how long its user waits, and what the user does after a failure. */
  priority: MODEL + 40,
  patience: MODEL + 41,
  again: MODEL + 42,
  pause: MODEL + 43,
  /** How long a request waits in a line before it gives up. */
  linePatience: MODEL + 64,
  /** How old what is in a cache at t = 0 is. */
  warm: MODEL + 65,
  /** Whether a fault strikes; each fault has a coin of its own. */
  fault: MODEL + 1024,
  /** From here on one number a step. */
  step: MODEL + 65536,
  /** From here on one number for each wait of a handler. */
  wait: MODEL + 1048576,
}
