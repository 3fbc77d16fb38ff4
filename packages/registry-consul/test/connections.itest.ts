// How many connections there are to an agent with its default limits, and what its limits look like when they are met.
import type { Buffer } from 'node:buffer'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { describeReal, startConsul, startTcpProxy } from '../../../tools/real-servers/index.ts'
import type { ConsulRegistry } from '../src/consul-registry.ts'
import { instance, Listener, operate, register, registryAt, seen, sleep, testPorts } from './agent.ts'

const open: ConsulRegistry[] = []
afterEach(() => {
  for (const registry of open.splice(0)) registry.close()
})

describeReal('consul', 'connections to a real agent', () => {
  it('watches 300 services over 32 connections at the default limits, by turns', async () => {
    await using agent = await startConsul({ dev: true })
    await using proxy = await startTcpProxy(agent)
    const ports = testPorts()
    const registry = registryAt({ address: `http://${proxy.address}` }, ports)
    open.push(registry)
    let most = 0
    const watching = setInterval(() => {
      most = Math.max(most, proxy.connections)
    }, 5)
    try {
      const listeners = Array.from({ length: 300 }, (_, i) => {
        const listener = new Listener()
        registry.watch(`s${i}`, listener)
        return listener
      })
      await seen(() => listeners.every(({ unknowns }) => unknowns > 0), 10_000)
      // Of a service that nobody has registered Consul's index moves with any other's: they have to be there.
      for (let i = 0; i < 300; i++) await register(registry, instance(`i${i}`, { service: `s${i}` }))
      await seen(() => listeners.every((listener, i) => listener.has(`i${i}`)), 10_000)
      const took: number[] = []
      for (const i of [0, 10, 150, 299]) {
        await register(registry, instance(`j${i}`, { service: `s${i}` }))
        took.push(await seen(() => listeners[i]!.has(`i${i}`, `j${i}`), 10_000))
      }
      // The option staleness, and what the way takes on a machine that does other things too.
      expect(Math.max(...took)).toBeLessThan(8000)
      expect(most).toBeLessThanOrEqual(32)
      expect(most).toBeGreaterThan(20)
      expect(listeners.flatMap(({ errors }) => errors)).toEqual([])
      expect(ports.told).toEqual([])
    } finally {
      clearInterval(watching)
    }
  })

  it('tells the limit by its name when the agent resets connections for it', async () => {
    await using agent = await startConsul({ dev: true, config: { limits: { http_max_conns_per_client: 6 } } })
    const neighbours: Socket[] = []
    try {
      const ports = testPorts()
      const registry = registryAt({ address: agent.address, maxConnections: 10 }, ports)
      open.push(registry)
      const listener = new Listener()
      registry.watch('a', listener)
      await seen(() => listener.unknowns > 0)
      for (let i = 0; i < 5; i++) neighbours.push(connect(agent.port, agent.host).on('error', () => {}))
      await sleep(1200)
      const refused = new Listener()
      registry.watch('b', refused)
      registry.watch('c', refused)
      await seen(() => ports.told.length > 0)
      expect(ports.told[0]).toMatchObject({ type: 'registryThrottled', name: 'consul' })
      expect(String(Object.entries(ports.told[0]!))).toMatch(/http_max_conns_per_client/)
      expect(refused.errors.length).toBeGreaterThan(0)
      for (const neighbour of neighbours) neighbour.destroy()
      await seen(() => refused.unknowns >= 2, 10_000)
      expect(ports.told.length).toBe(1)
    } finally {
      for (const neighbour of neighbours) neighbour.destroy()
    }
  })

  it('holds no process alive that has nothing else to do', async () => {
    await using agent = await startConsul({ dev: true })
    const { spawn } = await import('node:child_process')
    const script = `
      import { createRuntime } from '@seakeep/core'
      import { consul } from '@seakeep/registry-consul'
      const rt = await createRuntime({ service: 'x', policies: { version: 1, targets: { '*': { timeout: '1s' } } }, modules: [consul({ address: '${agent.address}', wait: '1m' })] })
      rt.endpoints('orders')
      await new Promise((resolve) => setTimeout(resolve, 500))
      console.log('done')`
    const args = ['-C', '@seakeep/source', '--input-type=module-typescript', '-e', script]
    const child = spawn(process.execPath, args, { cwd: new URL('..', import.meta.url), stdio: 'pipe' })
    let out = ''
    const hear = (chunk: Buffer): void => {
      out += chunk
    }
    child.stdout.on('data', hear)
    let code: number | null | undefined
    child.on('exit', (status) => (code = status))
    try {
      await seen(() => code !== undefined, 15_000)
      expect([code, out]).toEqual([0, 'done\n'])
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('is closed without a word to those it was asked by', async () => {
    await using agent = await startConsul({ dev: true })
    const registry = registryAt({ address: agent.address })
    const listener = new Listener()
    registry.watch('a', listener)
    await seen(() => listener.unknowns > 0)
    registry.close()
    await operate(agent.address, 'PUT', '/agent/service/register', { Name: 'a', Port: 1 })
    await sleep(300)
    expect([listener.lists.length, listener.errors.length]).toEqual([0, 0])
    let error: Error | undefined
    registry.register(instance('x'), 1000, (told) => (error = told))
    expect(String(error)).toMatch(/the registry is closed/)
  })
})
