// The far side of the wire suite, in a process of its own: what it costs is nobody's. Sends its ports, then serves until
// its parent goes.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const ANSWER = Buffer.from(JSON.stringify({ id: 'c-1024', amount: 12_50, currency: 'EUR', note: 'x'.repeat(120) }))
const SERVERS = 4

const ports: number[] = []
for (let at = 0; at < SERVERS; at++) {
  const server = createServer((message, response) => {
    message.resume()
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length })
    response.end(ANSWER)
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ports.push((server.address() as AddressInfo).port)
}
process.on('disconnect', () => process.exit(0))
process.send?.(ports)
