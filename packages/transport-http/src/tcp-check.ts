import * as net from 'node:net'
import type { Endpoint } from '@seakeep/core'
import { after, type Clock, type ProbeResult } from '@seakeep/core/spi'

/**
 * Asks whether a connection to an endpoint can be made, and closes it at once: on a new socket, since a connection of
 * the pool only shows that one could be made some time ago.
 */
export function checkConnection(
  { address }: Endpoint,
  timeoutMs: number,
  clock: Clock,
  told: (result: ProbeResult) => void,
): Disposable {
  let isOver = false
  const socket = net.connect({ host: address.host.replace(/^\[(.*)\]$/, '$1'), port: address.port })
  const end = (result: ProbeResult | undefined): void => {
    if (isOver) return
    isOver = true
    timer.cancel()
    socket.destroy()
    if (result !== undefined) told(result)
  }
  const timer = after(clock, timeoutMs, () => end({ isHealthy: false, reason: `no connection within ${timeoutMs} ms` }))
  socket.on('connect', () => end({ isHealthy: true, reason: 'connected' }))
  // Stays on: a socket that is torn down may still fail.
  socket.on('error', (error) => end({ isHealthy: false, reason: error.message }))
  return { [Symbol.dispose]: () => end(undefined) }
}
