// One of the two servers of this example: a plain node:http server behind Seakeep's server side. It tells its parent the
// port it listens at, and gives up when its parent is gone.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRuntime } from '@seakeep/core'
import { http, requestContext } from '@seakeep/transport-http'

const name = process.argv[2] ?? 'quotes#1'
let workMs = 10

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  if (pathname === '/admin/work') workMs = Number(searchParams.get('ms'))
  else await sleep(workMs)
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ server: name, attempt: requestContext()?.attempt }))
})

process.on('disconnect', () => process.exit())
const rt = await createRuntime({ service: 'quotes', modules: [http()] })
const { port } = await rt
  .serve({ name: 'quotes', limits: { concurrency: { limit: 200, queue: 50 } } })
  .http(server)
  .listen({ host: '127.0.0.1', port: 0 })
process.send?.({ port })
