// Three servers on the loopback that say who they are, and fail while they are told to.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Instance } from '@seakeep/core'

const WORK_MS = 5

export class ExampleServer {
  readonly name: string
  isFailing = false
  readonly #server: Server

  constructor(name: string) {
    this.name = name
    this.#server = createServer(async (_request, response) => {
      await sleep(WORK_MS)
      response.writeHead(this.isFailing ? 500 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ server: name }))
    })
  }

  /** Listens, and answers what the registry is to know of it: it serves several services alike. */
  async listen(services: readonly string[]): Promise<Instance[]> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const { port } = this.#server.address() as AddressInfo
    const address = { host: '127.0.0.1', port }
    return services.map((service) => ({ id: this.name, service, address, protocol: 'http', weight: 1 }))
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
