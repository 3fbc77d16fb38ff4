import type { CancelReason } from './call.ts'

/** Made once: a fresh DOMException for each abort would cost about 8 µs. */
const REASONS: Readonly<Record<CancelReason, DOMException>> = {
  timeout: new DOMException('The attempt took longer than its policy allows', 'TimeoutError'),
  cancelled: new DOMException('The call was cancelled by its caller', 'AbortError'),
}

/** What the signal of an attempt that is called off is aborted with. */
export function abortReason(reason: CancelReason): DOMException {
  return REASONS[reason]
}
