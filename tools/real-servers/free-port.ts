// A port of loopback that nobody listens on, from below the range out of which kernels choose the ports of clients: a
// server that is down for a moment would else lose its port to any connection, or a client that calls the closed port
// could be connected to itself.
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const LOWEST = 12_000
const HIGHEST = 32_000

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST)
    if (await isFree(port)) return port
  }
}

export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort())
  return [...ports]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
