import type { PolicySourceSink, PolicyText, PushedPolicies } from '@seakeep/core/spi'
import { PolicyConflictError } from '@seakeep/core/spi'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeReal, type RealServer, startConsul } from '../../../tools/real-servers/index.ts'
import { openConsulStore } from '../src/consul-module.ts'
import { operate, seen, sleep, storeAt, testPorts } from './agent.ts'

class Follower implements PolicySourceSink {
  readonly texts: string[] = []
  readonly errors: Error[] = []
  missings = 0
  document({ text }: PolicyText): void {
    this.texts.push(text)
  }
  missing(): void {
    this.missings++
  }
  error(error: Error): void {
    this.errors.push(error)
  }
}

const push = (text: string, more: Partial<PushedPolicies> = {}): PushedPolicies => ({
  hash: `hash-of-${text.length}`,
  text,
  atMs: 1_800_000_000_000,
  ...more,
})

describeReal('consul', 'policy documents in a real KV', () => {
  let agent: RealServer
  beforeAll(async () => {
    agent = await startConsul()
  })
  afterAll(() => agent[Symbol.asyncDispose]())

  it('tells that nothing is there, then each push within a second, then its end', async () => {
    const store = storeAt({ address: agent.address }, 'seakeep/policies')
    const follower = new Follower()
    store.watch(follower)
    await seen(() => follower.missings === 1)
    for (const text of ['version: 1', 'version: 1 # ä', '']) {
      await operate(agent.address, 'PUT', '/kv/seakeep/policies', text)
      expect(await seen(() => follower.texts.at(-1) === text)).toBeLessThan(1000)
    }
    await operate(agent.address, 'PUT', '/kv/seakeep/other', 'x')
    await operate(agent.address, 'DELETE', '/kv/seakeep/policies')
    await seen(() => follower.missings === 2)
    expect(follower.texts.length).toBe(3)
    expect(store.name).toBe('consul seakeep/policies')
    store.close()
    await operate(agent.address, 'PUT', '/kv/seakeep/policies', 'late')
    await sleep(200)
    expect([follower.texts.length, follower.errors.length]).toEqual([3, 0])
  })

  it('goes on following after the agent was restarted', async () => {
    const store = storeAt({ address: agent.address }, 'restarted')
    const follower = new Follower()
    store.watch(follower)
    await operate(agent.address, 'PUT', '/kv/restarted', 'one')
    await seen(() => follower.texts.at(-1) === 'one')
    await agent.restart()
    await operate(agent.address, 'PUT', '/kv/restarted', 'two')
    await seen(() => follower.texts.at(-1) === 'two')
    expect(follower.errors.length).toBe(1)
    expect(follower.missings).toBeLessThanOrEqual(1)
    store.close()
  })

  it('writes where nobody else was faster, and keeps what was pushed', async () => {
    const store = openConsulStore(new URL(`consul://${agent.host}:${agent.port}/team/a%20b/policies`), testPorts())
    expect(await store.read()).toBe(undefined)
    expect(await store.history(10)).toEqual([])
    const first = push('version: 1', { hash: 'aaaa', author: 'mo', message: 'begin' })
    const stored = await store.write(first, undefined)
    expect(await store.read()).toEqual(stored)
    await expect(store.write(push('x'), undefined)).rejects.toThrow(PolicyConflictError)
    const second = push('version: 1\n', { hash: 'bbbb', atMs: first.atMs + 1 })
    const next = await store.write(second, stored.revision)
    await expect(store.write(push('y'), stored.revision)).rejects.toMatchObject({ found: next.revision })
    expect(await store.history(10)).toEqual([second, first])
    expect(await store.history(1)).toEqual([second])
    const keys = await operate(agent.address, 'GET', '/kv/team/a%20b/policies/history/?keys')
    expect(keys).toEqual([
      expect.stringMatching(/^team\/a b\/policies\/history\/001800000000000-\d{15}-aaaa$/),
      expect.stringMatching(/-bbbb$/),
    ])
    store.close()
  })

  it('takes what Consul takes, and says how much that is', async () => {
    const store = storeAt({ address: agent.address }, 'large')
    const large = push('x'.repeat(500 * 1024))
    expect((await store.write(large, undefined)).text).toBe(large.text)
    await expect(store.write(push('x'.repeat(512 * 1024)), undefined)).rejects.toThrow(/keeps at most 524288/)
    store.close()
  })

  it('says what is not text, and keeps what was told', async () => {
    const ports = testPorts()
    const store = storeAt({ address: agent.address }, 'binary', ports)
    const follower = new Follower()
    await operate(agent.address, 'PUT', '/kv/binary', 'good')
    store.watch(follower)
    await seen(() => follower.texts.length === 1)
    await fetch(`${agent.address}/v1/kv/binary`, { method: 'PUT', body: new Uint8Array([0xff, 0xfe, 0x00]) })
    await seen(() => follower.errors.length === 1)
    expect(follower.errors[0]).toMatchObject({ name: 'RegistryAnswerError', path: '[0].Value' })
    expect(ports.told).toMatchObject([{ type: 'registryMisspoke', name: 'consul binary' }])
    await operate(agent.address, 'PUT', '/kv/binary', 'better')
    await seen(() => follower.texts.at(-1) === 'better', 8000)
    store.close()
  })
})
