import { hashText } from '@seakeep/core/spi'
import type { Network, Packet } from './network.ts'
import { Purpose } from './purpose.ts'
import type { ServerChange, Traits } from './server-faults.ts'
import type { VirtualHost } from './virtual-host.ts'

/** Who is asked how it is. */
export interface Probed {
  readonly name: string
  readonly host: VirtualHost
  readonly isDraining: boolean
  /** The `error` or `hang` fault that strikes what has this key and these traits. */
  struckBy<Kind extends 'error' | 'hang'>(
    kind: Kind,
    key: number,
    traits: Traits,
  ): Extract<ServerChange, { readonly kind: Kind }> | undefined
}

/** What comes back: the status of a readiness path, `connected`, or `refused` by a host where nobody listens. */
export type ProbeAnswer = number | 'connected' | 'refused'

const ON_ITS_WAY = 0
const AT_HOST = 1
const COMING_BACK = 2
const OVER = 3

/**
 * A health check on the simulated wire. It is nobody's call: it is in no figure, takes no worker, waits in no line and is
 * no fact of the run. What it meets on its way is what calls meet: delays, slow and held edges, a host that stands still.
 *
 * A connection is made by the host and not by the process on it, so that it is there also while that stands still; a path
 * is answered by the process.
 */
export class Probe implements Packet {
  readonly #network: Network
  readonly #asker: VirtualHost
  readonly #askerEpoch: number
  readonly #probed: Probed
  readonly #kind: 'connection' | 'path'
  readonly #key: number
  readonly #told: (answer: ProbeAnswer) => void
  #place = ON_ITS_WAY
  #answer: ProbeAnswer = 'refused'
  #status = 500

  constructor(
    network: Network,
    asker: VirtualHost,
    probed: Probed,
    kind: 'connection' | 'path',
    told: (answer: ProbeAnswer) => void,
  ) {
    this.#network = network
    this.#asker = asker
    this.#askerEpoch = asker.epoch
    this.#probed = probed
    this.#kind = kind
    this.#told = told
    // An endpoint is not asked twice at once by one host, so the instant tells its probes apart.
    this.#key = asker.keyFor(hashText(`probe ${probed.name}`))
  }

  send(): void {
    this.#network.send(this.#asker, this.#probed.host, this.#key, Purpose.out, this)
  }

  /** Nothing is told any more. */
  cancel(): void {
    this.#place = OVER
  }

  /** As a host that refuses: a connection that is reset is none. Lost, it is noticed by a timeout alone. */
  onReset(_by: string, delayUs: number): void {
    if (this.#place === OVER) return
    this.#place = COMING_BACK
    this.#answer = 'refused'
    this.#asker.kernel.after(delayUs, this)
  }

  onTimer(): void {
    if (this.#place === ON_ITS_WAY) this.#arrive()
    else if (this.#place === AT_HOST) this.#reply(this.#status)
    else if (this.#place === COMING_BACK) this.#comeBack()
  }

  #arrive(): void {
    const { host, isDraining } = this.#probed
    if (!host.isUp) return this.#reply('refused')
    if (this.#kind === 'connection') return this.#reply('connected')
    if (host.isPaused) return host.hold(this)
    const traits = { dataKey: undefined, caller: this.#asker.caller, method: undefined, priority: undefined }
    const error = this.#probed.struckBy('error', this.#key, traits)
    if (error === undefined) {
      // Who hangs takes it, and says nothing.
      if (this.#probed.struckBy('hang', this.#key, traits) === undefined) this.#reply(isDraining ? 503 : 200)
      return
    }
    this.#place = AT_HOST
    this.#status = error.status
    host.clock.schedule(host.clock.now() + error.afterMs, this)
  }

  #reply(answer: ProbeAnswer): void {
    this.#place = COMING_BACK
    this.#answer = answer
    this.#network.send(this.#probed.host, this.#asker, this.#key, Purpose.back, this)
  }

  #comeBack(): void {
    const asker = this.#asker
    if (asker.epoch !== this.#askerEpoch) return
    if (asker.isPaused) return asker.hold(this)
    this.#place = OVER
    if (asker.isAsync) asker.kernel.mark()
    this.#told(this.#answer)
  }
}
