import { type BoardSink, hashText, MemoryBoard, mix, type SharedBoard } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import { VirtualClock } from '../kernel/virtual-clock.ts'
import type { Network } from './network.ts'
import { Purpose } from './purpose.ts'
import type { VirtualHost } from './virtual-host.ts'

/** The board's own time: nothing stops it. */
const ALWAYS = { epoch: 0, isPaused: false, isAsync: false, hold: () => {} }

/**
 * The simulated board: the core's own in memory, with the network's delays, seen by each host through a port of its own.
 * Word of a note takes a packet to the board and one from there, drawn for author, reader, topic and instant. It lives where
 * the registry does, as in Consul or etcd: what takes the one down takes the other down. Packets of edges (`a>b`) are not its
 * concern. A host that crashes leaves its notes behind until they run out, and comes back as another peer.
 */
export class VirtualBoard {
  readonly #kernel: Kernel
  readonly #network: Network
  readonly #board: MemoryBoard

  constructor(kernel: Kernel, network: Network) {
    this.#kernel = kernel
    this.#network = network
    this.#board = new MemoryBoard(new VirtualClock(kernel, ALWAYS))
  }

  /** The board as one host sees it in its present life. */
  portFor(host: VirtualHost): SharedBoard {
    const { epoch, clock } = host
    const peer = `${host.name}@${epoch}`
    const delayMs = (from: string, topic: string): number => {
      const key = mix(mix(hashText(`${from}>${topic}`), host.keyFor(hashText(peer))), this.#kernel.nowUs)
      return (this.#network.delayUs(key, Purpose.note) + this.#network.delayUs(key, Purpose.noteRead)) / 1000
    }
    const port = this.#board.connect({ peer, clock, delayMs })
    return {
      name: 'sim',
      publish: (topic, note, ttlMs) => port.publish(topic, note, ttlMs),
      watch: (topic, sink) => port.watch(topic, new LivingSink(sink, host)),
      close: () => port.close(),
    }
  }

  goDown(): void {
    this.#board.interrupt()
  }

  comeBack(): void {
    this.#board.resume()
  }
}

/** A sink that hears nothing once the life it belongs to is over. */
class LivingSink implements BoardSink {
  readonly #sink: BoardSink
  readonly #host: VirtualHost
  readonly #epoch: number

  constructor(sink: BoardSink, host: VirtualHost) {
    this.#sink = sink
    this.#host = host
    this.#epoch = host.epoch
  }

  note(peer: string, note: string): void {
    if (this.#host.epoch === this.#epoch) this.#sink.note(peer, note)
  }

  gone(peer: string): void {
    if (this.#host.epoch === this.#epoch) this.#sink.gone(peer)
  }
}
