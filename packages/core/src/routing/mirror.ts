import type { CallRequest, StartOptions } from '../call/call.ts'
import { headerOf, isReadOnce, verbOf } from '../call/request-traits.ts'
import { mix } from '../random/mix.ts'
import { Draw } from '../random/random.ts'
import type { ResolvedMirrorOptions } from './mirror-options.ts'

/** On a copy, so that who is given one can tell, and that nobody copies it again. */
export const MIRROR_HEADER = 'x-seakeep-mirror'

/** How many copies there were; read live. */
export interface MirrorState {
  readonly inFlight: number
  readonly sent: number
  /** Calls that were to be copied and were not, as too many copies were under way. */
  readonly skipped: number
}

/**
 * Which calls are copied. A copy must not be felt: it is not waited for, not retried, first to be shed, and there are
 * never more than `maxInFlight`, whatever the other side does with them.
 */
export class Mirror {
  #options: ResolvedMirrorOptions
  #inFlight = 0
  #sent = 0
  #skipped = 0

  constructor(options: ResolvedMirrorOptions) {
    this.#options = options
  }

  get target(): ResolvedMirrorOptions['target'] {
    return this.#options.target
  }

  get value(): MirrorState {
    return { inFlight: this.#inFlight, sent: this.#sent, skipped: this.#skipped }
  }

  /**
   * Whether a copy of the call is to be sent, which then counts as under way until {@link onEnd}. `version` is where the
   * call itself goes: that version gets no copy. `draw` is uniform in [0, 1), the call's own.
   */
  tryCopy(request: CallRequest, version: string | undefined, draw: number): boolean {
    const { target, ratio, methods, maxInFlight } = this.#options
    if (draw >= ratio || ('version' in target && target.version === version)) return false
    if (methods === 'safe' && !isSafe(request.method)) return false
    if (isReadOnce(request.body) || headerOf(request.headers, MIRROR_HEADER) !== undefined) return false
    if (this.#inFlight >= maxInFlight) {
      this.#skipped++
      return false
    }
    this.#inFlight++
    this.#sent++
    return true
  }

  /** A copy has ended, in whatever way. */
  onEnd(): void {
    this.#inFlight--
  }

  /** Copies under way stay counted. */
  update(options: ResolvedMirrorOptions): void {
    this.#options = options
  }
}

/** What is sent. What a transport has added to the request is left out: nobody reads a stream that is dropped. */
export function mirroredRequest({ method, query, headers, body }: CallRequest): CallRequest {
  return { method, query, headers: { ...headers, [MIRROR_HEADER]: '1' }, body }
}

/** How it is sent: with the same deadline and key, and chance of its own. */
export function mirroredOptions(options: StartOptions, callKey: number): StartOptions {
  const { deadlineMs, key } = options
  return {
    deadlineMs,
    key,
    priority: 'sheddable',
    idempotent: false,
    parentAttempt: 2,
    callKey: mix(callKey, Draw.mirror),
  }
}

function isSafe(method: string | undefined): boolean {
  const verb = verbOf(method)
  return verb === 'GET' || verb === 'HEAD' || verb === 'OPTIONS'
}
