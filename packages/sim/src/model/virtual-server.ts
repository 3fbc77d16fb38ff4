import type { AttachedServer, Listening, ServerAdapter, ServerHost } from '@seakeep/core/spi'
import { after } from '@seakeep/core/spi'
import type { VirtualInstance } from './virtual-instance.ts'

/**
 * The server side of the simulated transport: puts the core's readiness and drain in front of a simulated instance, as
 * those of HTTP and gRPC do in front of a real server.
 */
export class VirtualServers implements ServerAdapter {
  readonly protocol = 'sim'

  attach(server: unknown, host: ServerHost): AttachedServer {
    return new VirtualServer(server as VirtualInstance, host)
  }
}

class VirtualServer implements AttachedServer {
  readonly #instance: VirtualInstance
  readonly #host: ServerHost

  constructor(instance: VirtualInstance, host: ServerHost) {
    this.#instance = instance
    this.#host = host
  }

  adopt(): Listening {
    return { host: this.#instance.name, port: this.#instance.port }
  }

  listen(_options: object, told: (result: Listening) => void): void {
    told(this.adopt())
  }

  /** Who asks for its health hears 503 from the beginning of the drain on. */
  onReadiness(): void {
    this.#instance.isDraining = !this.#host.isReady
  }

  /** What still comes is answered 503; what is here is finished, or cut off when the grace is over. */
  close(graceMs: number, done: () => void): void {
    const instance = this.#instance
    instance.admission = this.#host.admission
    if (instance.isEmpty) return done()
    const timer = after(instance.host.clock, graceMs, end)
    instance.onEmpty = end
    function end(): void {
      timer.cancel()
      instance.onEmpty = undefined
      done()
    }
  }
}
