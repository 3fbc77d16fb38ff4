import { expect, test } from 'vitest'
import { describeReal, startConsul, startEtcd } from './index.ts'

describeReal('consul', 'consul', () => {
  test('starts', async () => {
    await using server = await startConsul()
    expect((await fetch(`${server.address}/v1/status/leader`)).status).toBe(200)
  })
})

describeReal('etcd', 'etcd', () => {
  test('starts', async () => {
    await using server = await startEtcd()
    expect((await fetch(`http://${server.address}/version`)).status).toBe(200)
  })
})
