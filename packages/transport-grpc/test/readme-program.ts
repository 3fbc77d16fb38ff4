import { createRuntime, memoryRegistry } from '@seakeep/core'
import { codecOf, grpc } from '@seakeep/transport-grpc'
import { InventoryClient, instances } from './inventory.ts'

await using rt = await createRuntime({
  service: 'orders',
  policies: {
    version: 1,
    targets: { inventory: { timeout: '2s', retry: true, circuitBreaker: true, health: { grpc: 'shop.Inventory' } } },
  },
  modules: [grpc({ codec: codecOf(InventoryClient.service) }), memoryRegistry({ instances })],
})
const answer = await rt.client('inventory').call({ method: 'shop.Inventory/Reserve', body: { item: 'tea', count: 3 } })
console.log(answer.status, answer.body) // 200 { item: 'tea', count: 3 }

// From here on it is a test: nothing is left open, so the process ends by itself.
await rt.close()
const { drained } = await import('./inventory.ts')
await drained()
