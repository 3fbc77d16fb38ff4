import { createRuntime } from '@seakeep/core'
import { consul } from '@seakeep/registry-consul'
import { address, example } from './example.ts'

await using rt = await createRuntime({
  service: 'orders',
  policies: { version: 1, targets: { '*': { timeout: '2s', retry: true } } },
  modules: [example, consul({ address, token: () => process.env.CONSUL_HTTP_TOKEN ?? '' })],
})
const answer = await rt.client('payments').call({ method: 'GET /quote' })
console.log(answer.status, rt.endpoints('payments').value.endpoints.length) // 200 1
