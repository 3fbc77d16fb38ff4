// Endpoints that come and go while they are called: what is left of them is nothing. Run short by a test, long by
// `pnpm soak:http`.
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createRuntime, type Instance } from '@seakeep/core'
import { after, MemoryRegistry, realClock, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { http } from '../src/index.ts'

const LANES = 64

export interface Churn {
  /** Connections opened and closed in all. */
  readonly connections: number
  /** Endpoints that flap. */
  readonly endpoints: number
  readonly servers: number
  /** After each round, in order. */
  readonly onRound?: (opened: number) => void
}

export interface Churned {
  readonly opened: number
  readonly calls: number
  readonly failures: number
  /** Sockets that servers still held when the runtime was closed. */
  readonly left: number
  /** Bytes of the heap after each tenth of the way, collected before. */
  readonly heap: readonly number[]
}

export async function churn(
  { connections, endpoints, servers: count, onRound }: Churn,
  heapBytes: () => number,
): Promise<Churned> {
  const sockets = new Set<Socket>()
  let opened = 0
  const servers = Array.from({ length: count }, () => {
    const server = createServer((_message, response) => void response.end('here'))
    server.on('connection', (socket) => {
      opened += 1
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    return server
  })
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
    ports.push((server.address() as AddressInfo).port)
  }
  const clock = realClock()
  const heap: number[] = []
  let calls = 0
  let failures = 0
  for (let round = 0; opened < connections; round++) {
    // Closed with its runtime.
    const registry = new MemoryRegistry(clock)
    const module = new ContainerModule(({ bind }) => void bind(Tokens.registry).toConstantValue(() => registry))
    const rt = await createRuntime({
      service: 'churn',
      policies: { version: 1, targets: { orders: { retry: true, circuitBreaker: true, outlier: true } } },
      modules: [http(), module],
    })
    const present: Instance[] = []
    for (let at = 0; at < endpoints; at++) {
      // Addresses of the loopback net: each endpoint is one of its own, with a pool of its own.
      const host = `127.0.${1 + ((at >> 8) % 250)}.${1 + ((at & 0xff) % 250)}`
      const port = ports[at % count]!
      present.push({
        id: `orders#${round}-${at}`,
        service: 'orders',
        address: { host, port },
        protocol: 'http',
        weight: 1,
      })
    }
    for (const instance of present) registry.register(instance, 1e9, () => {})
    const orders = rt.client('orders')
    for (let lap = 0; lap < 2; lap++) {
      let left = endpoints
      const lane = async (): Promise<void> => {
        for (; left > 0; left--) {
          await orders.call().catch(() => {
            failures += 1
          })
        }
      }
      calls += endpoints
      // Not all at once: what a server's line of new connections has no room for would be refused.
      await Promise.all(Array.from({ length: LANES }, lane))
      const flapping = present.filter((_, at) => at % 2 === lap)
      for (const instance of flapping) registry.deregister(instance, () => {})
      for (const instance of flapping) registry.register(instance, 1e9, () => {})
    }
    for (const instance of present) registry.deregister(instance, () => {})
    await rt.close()
    if (opened >= (connections * (heap.length + 1)) / 10) heap.push(heapBytes())
    onRound?.(opened)
  }
  // The far side hears of the end a moment later.
  for (let waited = 0; sockets.size > 0 && waited < 5000; waited += 50) await pass(50)
  const left = sockets.size
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { opened, calls, failures, left, heap }
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => after(realClock(), ms, resolve))
}
