import { createRuntime } from '@seakeep/core'
import { consul } from '@seakeep/registry-consul'
import { address, example } from './example.ts'

await using rt = await createRuntime({
  service: 'orders',
  policies: { version: 1, targets: { '*': { timeout: '2s', retry: true } } },
  modules: [example, consul({ address, token: () => process.env.CONSUL_HTTP_TOKEN ?? '' })],
})
const payments = rt.endpoints('payments')
await new Promise((resolve) => payments.changes$.subscribe(resolve)) // the first list: a call before it is refused
const answer = await rt.client('payments').call({ method: 'GET /quote' })
console.log(answer.status, payments.value.endpoints.length) // 200 1
