import { expect, test, vi } from 'vitest'
import { describeReal, type RealServer, startConsul, startConsulCluster } from './index.ts'

const WAIT = { timeout: 10_000 }

async function put({ address }: RealServer, value: string): Promise<void> {
  const response = await fetch(`${address}/v1/kv/key`, { method: 'PUT', body: value })
  expect(response.status).toBe(200)
}

/** Its value, or the status of the answer. */
async function get({ address }: RealServer): Promise<string | number> {
  const response = await fetch(`${address}/v1/kv/key?raw&stale`)
  return response.status === 200 ? response.text() : response.status
}

describeReal('consul', 'consul', () => {
  test.concurrent('keeps its data over a kill, loses it in a fresh restart, on the same port', async () => {
    await using server = await startConsul()
    await put(server, 'a')
    const { pid } = server
    await server.kill()
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    await expect(get(server)).rejects.toThrow('fetch failed')
    await server.restart()
    expect(server.pid).not.toBe(pid)
    expect(await get(server)).toBe('a')
    await server.restart({ fresh: true })
    expect(await get(server)).toBe(404)
  })

  test.concurrent('in memory: a configuration is heard, a pause is endured, a restart is fresh', async () => {
    await using server = await startConsul({ dev: true, config: { node_meta: { from: 'config' } } })
    const { Meta } = (await (await fetch(`${server.address}/v1/agent/self`)).json()) as { Meta: object }
    expect(Meta).toMatchObject({ from: 'config' })
    await put(server, 'a')
    server.pause()
    await expect(fetch(server.address, { signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout')
    server.resume()
    expect(await get(server)).toBe('a')
    await server.restart()
    expect(await get(server)).toBe(404)
  })

  test.concurrent('a cluster elects another leader and takes back the one that lost its data', async () => {
    await using cluster = await startConsulCluster(3)
    const first = await cluster.leader()
    await put(first, 'a')
    await first.kill()
    const second = await cluster.leader()
    expect(second).not.toBe(first)
    expect(await get(second)).toBe('a')
    await first.restart({ fresh: true })
    await vi.waitFor(async () => expect(await get(first)).toBe('a'), WAIT)
  })

  test.concurrent('what it can not start with is in the error', async () => {
    await expect(startConsul({ args: ['-no-such-flag'] })).rejects.toThrow('-no-such-flag')
  })
})
