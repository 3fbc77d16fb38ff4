import { once } from 'node:events'
import { connect } from 'node:tls'
import { describe, expect, test, vi } from 'vitest'
import { describeReal, hasOpenssl, type RealServer, startEtcd, startEtcdCluster } from './index.ts'

const WAIT = { timeout: 10_000 }
const KEY = Buffer.from('key').toString('base64')

async function call({ address }: RealServer, method: string, body: object): Promise<{ kvs?: { value: string }[] }> {
  const response = await fetch(`http://${address}/v3/kv/${method}`, { method: 'POST', body: JSON.stringify(body) })
  expect(response.status).toBe(200)
  return response.json() as Promise<{ kvs?: { value: string }[] }>
}

async function put(server: RealServer, value: string): Promise<void> {
  await call(server, 'put', { key: KEY, value: Buffer.from(value).toString('base64') })
}

async function get(server: RealServer): Promise<string | undefined> {
  const { kvs } = await call(server, 'range', { key: KEY })
  return kvs?.[0] && Buffer.from(kvs[0].value, 'base64').toString()
}

describeReal('etcd', 'etcd', () => {
  test.concurrent('keeps its data over a stop and a kill, loses it in a fresh restart, on the same port', async () => {
    await using server = await startEtcd()
    await put(server, 'a')
    await server.stop()
    await server.restart()
    expect(await get(server)).toBe('a')
    const { pid } = server
    await server.kill()
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    await expect(get(server)).rejects.toThrow('fetch failed')
    await server.restart()
    expect(await get(server)).toBe('a')
    await server.restart({ fresh: true })
    expect(await get(server)).toBeUndefined()
  })

  test.concurrent('a pause is endured, and one that is paused can be stopped', async () => {
    await using server = await startEtcd()
    server.pause()
    const { address } = server
    await expect(fetch(`http://${address}`, { signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout')
    server.resume()
    await put(server, 'a')
    server.pause()
    await server.stop()
    expect(() => server.pause()).toThrow('does not run')
  })

  test.concurrent('a cluster elects another leader when one is killed and when one is paused', async () => {
    await using cluster = await startEtcdCluster(3)
    const first = await cluster.leader()
    await put(first, 'a')
    await first.kill()
    const second = await cluster.leader()
    expect(second).not.toBe(first)
    await vi.waitFor(async () => expect(await get(second)).toBe('a'), WAIT)
    await first.restart()
    second.pause()
    const third = await cluster.leader()
    expect(third).not.toBe(second)
    second.resume()
    await vi.waitFor(async () => expect(await get(second)).toBe('a'), WAIT)
  })

  test.concurrent('a cluster whose members all stopped starts again with nothing', async () => {
    await using cluster = await startEtcdCluster(3)
    const [member] = cluster.members as [RealServer]
    await put(member, 'a')
    await Promise.all(cluster.members.map((each) => each.kill()))
    await Promise.all(cluster.members.map((each) => each.restart({ fresh: true })))
    expect(await get(member)).toBeUndefined()
  })

  test.concurrent('what it can not start with is in the error', async () => {
    await expect(startEtcd({ args: ['--no-such-flag'] })).rejects.toThrow('no-such-flag')
  })

  describe.skipIf(!hasOpenssl())('over TLS (needs openssl)', () => {
    /** What a client hears: the name of the server that it trusts, or why it is turned away. */
    async function greet(server: RealServer, options: object): Promise<string> {
      const socket = connect({ host: server.host, port: server.port, minVersion: 'TLSv1.2', ...options })
      try {
        await once(socket, 'secureConnect')
        socket.write('GET /version HTTP/1.1\r\nHost: etcd\r\n\r\n')
        const [answer] = await once(socket, 'data')
        return String(answer).slice(0, 15)
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? ''
      } finally {
        socket.destroy()
      }
    }

    test.concurrent('shows a certificate of its authority', async () => {
      await using server = await startEtcd({ tls: true })
      expect(await greet(server, { ca: server.tls?.ca })).toBe('HTTP/1.1 200 OK')
      expect(await greet(server, {})).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    })

    test.concurrent('mutual: wants one too', async () => {
      await using server = await startEtcd({ tls: 'mutual' })
      expect(await greet(server, { ...server.tls })).toBe('HTTP/1.1 200 OK')
      expect(await greet(server, { ca: server.tls?.ca })).toContain('ALERT')
    })
  })
})
