// fetch, governed without another word: to a service by its name, and to any other host.
//
//   pnpm example fetch
//
// `orders` is an Express application that asks `payments` for quotes with `rt.fetch`. `payments` runs three times, and one
// of the three fails. Nobody who asks `orders` notices.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRuntime, isRejectedError, memoryRegistry } from '@seakeep/core'
import { http } from '@seakeep/transport-http'
import express from 'express'

const ORDERS = 200

await using rt = await createRuntime({
  service: 'orders',
  policies: {
    version: 1,
    targets: {
      payments: {
        timeout: '2s',
        retry: { maxAttempts: 3, backoff: { initial: '5ms' } },
        outlier: { consecutiveFailures: 5 },
      },
      // Any host of the network, by a glob: what is slow or down out there must not take this process with it.
      '127.0.0.1:*': { timeout: '1s', circuitBreaker: { consecutiveFailures: 3, openFor: '1m' } },
    },
  },
  modules: [http(), memoryRegistry()],
})

for (const number of [1, 2, 3]) {
  const server = createServer((_request, response) => {
    response.writeHead(number === 3 ? 500 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ from: `payments ${number}`, amount: 12.5 }))
  })
  await rt
    .serve({ name: 'payments', id: `payments ${number}`, drain: { spread: 0 } })
    .http(server)
    .listen({ host: '127.0.0.1', port: 0 })
}

// An application as people have it, with one line for governance.
const app = express()
const served = rt.serve({ name: 'orders', drain: { spread: 0 } })
app.use(served.middleware())
app.get('/orders/:id', async (request, response) => {
  const quote = await rt.fetch(`http://payments/quotes/${request.params.id}`)
  response.status(quote.status).json(await quote.json())
})
const server = app.listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
served.announce(server)

const tally = new Map<string, number>()
for (let at = 0; at < ORDERS; at++) {
  const answer = await rt.fetch(`http://orders/orders/${at}`)
  const { from } = (await answer.json()) as { from: string }
  assert.equal(answer.status, 200)
  tally.set(from, (tally.get(from) ?? 0) + 1)
}
console.log(
  `${ORDERS} orders, none failed: ${[...tally]
    .sort()
    .map(([from, count]) => `${from} ${count}`)
    .join(', ')}`,
)
assert.equal(tally.has('payments 3'), false)

// A host outside that fails: the last Response comes back as with fetch, until the circuit opens.
const broken = createServer((_request, response) => void response.writeHead(502).end()).listen(0, '127.0.0.1')
await new Promise((resolve) => broken.once('listening', resolve))
const url = `http://127.0.0.1:${(broken.address() as AddressInfo).port}/`
const seen: string[] = []
for (let at = 0; at < 4; at++) {
  try {
    seen.push(String((await rt.fetch(url)).status))
  } catch (error) {
    assert(isRejectedError(error))
    seen.push(error.reason)
  }
}
console.log(`a host that is down: ${seen.join(', ')}`)
assert.deepEqual(seen, ['502', '502', '502', 'circuit-open'])
broken.closeAllConnections()
broken.close()
