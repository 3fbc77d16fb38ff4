import { mix, type TimerTask, uniform } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import type { ResolvedNetwork } from '../scenario/resolved-scenario.ts'
import type { Distribution } from './distribution.ts'
import { Purpose } from './purpose.ts'
import { Uplinks } from './uplinks.ts'
import type { VirtualHost } from './virtual-host.ts'
import { type Way, Ways } from './ways.ts'

/** What travels: its timer is its arrival. What it leaves out it does not mind. */
export interface Packet extends TimerTask {
  /** It will never arrive. `by` is the fault that has it, as it was written; undefined for the network itself. */
  onLost?(by: string | undefined): void
  /** Its connection is reset, which its sender, or whoever waits at the other end, hears after `delayUs`. */
  onReset?(by: string, delayUs: number): void
  /** What arrives the second time, where it arrives twice. */
  copy?(): Packet & { readonly key: number }
  /** How long it is, where the way has a bandwidth. */
  bytes?(purpose: number): number
}

/** A packet on its way. */
export interface Passage {
  readonly from: VirtualHost
  readonly to: VirtualHost
  /** Names its attempt. */
  readonly key: number
  readonly purpose: number
  /** Its own chance: there and back have different luck. */
  readonly luck: number
  readonly packet: Packet
}

/** A fault that changes what becomes of packets while it is on; each part of it may be left out. */
export interface PacketFault {
  /** As it was written. */
  readonly label: string
  concerns(from: VirtualHost, to: VirtualHost): boolean
  loses?(passage: Passage): boolean
  resets?(passage: Passage): boolean
  doubles?(passage: Passage): boolean
  /** Keeps the packet back until the fault is removed. */
  holds?(passage: Passage): boolean
  /** The delay of this packet, in ms. */
  delayMs?(delayMs: number, passage: Passage): number
  /** When it is through a bandwidth of the fault's own, in µs from now. */
  throughUs?(nowUs: number, bytes: number, passage: Passage): number
}

const SAYS_NOTHING = { loss: { ratio: 0, burst: undefined }, duplicate: 0, bytesPerSecond: undefined, links: [] }
const NO_FAULTS: readonly PacketFault[] = []

/**
 * The network between hosts: each packet takes a delay drawn for its attempt and direction. Packets of one direction may
 * overtake each other, as requests on different connections do, but not those a hold has kept back or a bandwidth puts in
 * line. A packet meets what there is when it is sent: a fault that begins later does not reach it any more.
 */
export class Network {
  /** The hosts' ways to the registry. */
  readonly uplinks: Uplinks
  readonly #kernel: Kernel
  readonly #latency: Distribution
  readonly #ways: Ways
  #faults: readonly PacketFault[] = NO_FAULTS
  /** In the order in which they were sent. */
  #held: Passage[] = []
  /** Nothing is said of any way and no fault is on: nothing is looked up. */
  #isPlain: boolean

  constructor(
    kernel: Kernel,
    latency: Distribution,
    rest: Partial<ResolvedNetwork> = {},
    uplinks: Uplinks = new Uplinks(false),
  ) {
    this.#kernel = kernel
    this.#latency = latency
    this.#ways = new Ways({ ...SAYS_NOTHING, ...rest, latency })
    this.#isPlain = !this.#ways.isSaid
    this.uplinks = uplinks
  }

  /** Sends a packet from one host to another. `key` names its attempt, `purpose` tells there from back. */
  send(from: VirtualHost, to: VirtualHost, key: number, purpose: number, packet: Packet): void {
    if (this.#isPlain) {
      this.#kernel.after(Math.round(this.#latency.sampleMs(mix(key, purpose)) * 1000), packet)
      return
    }
    const faults = this.#faults.filter((fault) => fault.concerns(from, to))
    const way = this.#ways.find(from, to)
    const passage = { from, to, key, purpose, luck: mix(key, purpose), packet }
    const copy = purpose === Purpose.out && isDoubled(passage, way, faults) ? packet.copy?.() : undefined
    this.#travel(passage, way, faults)
    if (copy === undefined) return
    this.#travel({ ...passage, key: copy.key, luck: mix(copy.key, purpose), packet: copy }, way, faults)
  }

  /** The delay of what goes by no edge: a note to the shared board, or from there. */
  delayUs(key: number, purpose: number): number {
    return Math.round(this.#latency.sampleMs(mix(key, purpose)) * 1000)
  }

  addFault(fault: PacketFault): void {
    this.#faults = [...this.#faults, fault]
    this.#isPlain = false
  }

  /** What it has kept back arrives now, in the order it was sent, unless another fault keeps it still. */
  removeFault(fault: PacketFault): void {
    this.#faults = this.#faults.filter((one) => one !== fault)
    this.#isPlain = this.#faults.length === 0 && !this.#ways.isSaid
    if (fault.holds === undefined) return
    const held = this.#held
    this.#held = []
    for (const passage of held) {
      if (this.#isHeld(passage)) this.#held.push(passage)
      else this.#kernel.at(this.#kernel.nowUs, passage.packet)
    }
  }

  #isHeld(passage: Passage): boolean {
    return this.#faults.some((fault) => fault.concerns(passage.from, passage.to) && fault.holds?.(passage) === true)
  }

  #travel(passage: Passage, way: Way, faults: readonly PacketFault[]): void {
    const { packet, purpose, luck } = passage
    if (way.loss?.strikes(luck, Purpose.loss) === true) return packet.onLost?.(undefined)
    const loser = faults.find((fault) => fault.loses?.(passage) === true)
    if (loser !== undefined) return packet.onLost?.(loser.label)
    const resetter = faults.find((fault) => fault.resets?.(passage) === true)
    if (resetter !== undefined) return this.#reset(passage, resetter.label)
    const holders = faults.filter((fault) => fault.holds?.(passage) === true)
    if (holders.length > 0) {
      this.#held.push(passage)
      return
    }
    const bytes = packet.bytes?.(purpose) ?? 0
    const { nowUs } = this.#kernel
    let delayMs = way.latency.sampleMs(luck)
    let throughUs = way.pipe?.pass(nowUs, bytes) ?? 0
    for (const fault of faults) {
      delayMs = fault.delayMs?.(delayMs, passage) ?? delayMs
      // Links one behind the other are as slow as the slowest: what is through the one is in the other already.
      throughUs = Math.max(throughUs, fault.throughUs?.(nowUs, bytes, passage) ?? 0)
    }
    this.#kernel.after(throughUs + Math.round(delayMs * 1000), packet)
  }

  #reset({ from, to, key, packet }: Passage, by: string): void {
    const { latency } = this.#ways.find(to, from)
    if (packet.onReset === undefined) packet.onLost?.(by)
    else packet.onReset(by, Math.round(latency.sampleMs(mix(key, Purpose.reset)) * 1000))
  }
}

function isDoubled(passage: Passage, { duplicate }: Way, faults: readonly PacketFault[]): boolean {
  if (duplicate > 0 && uniform(passage.luck, Purpose.duplicate) < duplicate) return true
  return faults.some((fault) => fault.doubles?.(passage) === true)
}
