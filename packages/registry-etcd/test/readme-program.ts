import { createServer } from 'node:http'
import { createRuntime } from '@seakeep/core'
import { etcd } from '@seakeep/registry-etcd'
import { http } from '@seakeep/transport-http'

const modules = [http(), etcd({ endpoints: [process.env.ETCD ?? '127.0.0.1:2379'] })]

await using payments = await createRuntime({ service: 'payments', modules })
const server = createServer((_request, response) => response.end('"paid"'))
await payments
  .serve({ name: 'payments', zone: 'a', drain: { spread: 0 } })
  .http(server)
  .listen({ host: '127.0.0.1', port: 0 })

await using orders = await createRuntime({ service: 'orders', modules })
const answer = await orders.client('payments').call({ method: 'POST /charges' })
console.log(answer.status, String(answer.body)) // 200 "paid"
