import * as net from 'node:net'
import type { Endpoint } from '@seakeep/core'
import { type ProbeResult, realClock } from '@seakeep/core/spi'
import { expect, test } from 'vitest'
import { checkConnection } from './tcp-check.ts'

function endpointAt(port: number): Endpoint {
  return { id: 'a', service: 'orders', address: { host: '127.0.0.1', port }, protocol: 'http', weight: 1 }
}

test('tells whether a connection can be made, and leaves none behind', async () => {
  const server = net.createServer((socket) => socket.resume())
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port))
  })
  const ask = (): Promise<ProbeResult> =>
    new Promise((resolve) => void checkConnection(endpointAt(port), 5_000, realClock(), resolve))
  expect(await ask()).toEqual({ isHealthy: true, reason: 'connected' })
  let wasTold = false
  checkConnection(endpointAt(port), 5_000, realClock(), () => {
    wasTold = true
  })[Symbol.dispose]()
  // Ends only when no connection is left.
  await new Promise((resolve) => server.close(resolve))
  expect(wasTold).toBe(false)
  const refused = await ask()
  expect(refused.isHealthy).toBe(false)
  expect(refused.reason).toMatch(/ECONNREFUSED/)
})
