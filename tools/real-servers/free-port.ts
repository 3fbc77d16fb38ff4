// Ports of loopback that nobody listens on. They lie below the range out of which kernels choose the ports of clients: a
// server that is down for a moment would else lose its port to any connection, or a client that calls the closed port
// could be connected to itself. Every process and worker goes through them from a place of its own, so that two that
// start servers at once do not choose the same port before either listens.
import { createServer } from 'node:net'
import { threadId } from 'node:worker_threads'

const LOWEST = 12_000
const COUNT = 20_000
/** How far apart two processes begin, in ports. */
const APART = 50

let next = (process.pid + threadId) * APART

/** A different one at every call. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < COUNT; tried++) {
    const port = LOWEST + (next++ % COUNT)
    if (await isFree(port)) return port
  }
  throw new Error(`No port from ${LOWEST} to ${LOWEST + COUNT - 1} is free.`)
}

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) ports.push(await freePort())
  return ports
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
