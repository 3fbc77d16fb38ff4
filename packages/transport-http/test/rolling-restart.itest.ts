// istio#7665, linkerd2#6238, kubernetes#43576: rollouts drop requests, since a server stops before its callers know.
// Six real processes are replaced one by one under load, and no call fails.
import { type ChildProcess, fork } from 'node:child_process'
import { createRuntime, type Instance } from '@seakeep/core'
import { MemoryRegistry, realClock, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { afterEach, expect, it } from 'vitest'
import { http } from '../src/index.ts'

const SCRIPT = new URL('serving-process.ts', import.meta.url)
const FOREVER_MS = 1e9
const children = new Set<ChildProcess>()

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
})

function start(id: string, registry: MemoryRegistry): Promise<ChildProcess> {
  const child = fork(SCRIPT, [id], { execArgv: ['-C', '@seakeep/source'] })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${id} ended with ${code}`)))
    child.on('message', (message) => {
      const { type, instance } = message as { type: string; instance: Instance }
      if (type === 'deregistered') return registry.deregister(instance, () => {})
      registry.register(instance, FOREVER_MS, () => resolve(child))
    })
  })
}

function stop(child: ChildProcess): Promise<number | null> {
  child.removeAllListeners('exit')
  return new Promise((resolve) => {
    child.once('exit', (code) => {
      children.delete(child)
      resolve(code)
    })
    child.kill('SIGTERM')
  })
}

it('a rolling restart of six processes under 500 requests a second fails no request', {
  timeout: 240_000,
}, async () => {
  const registry = new MemoryRegistry(realClock())
  const module = new ContainerModule(({ bind }) => {
    bind(Tokens.registry).toConstantValue(() => registry)
  })
  const rt = await createRuntime({
    service: 'load',
    policies: { version: 1, targets: { orders: { retry: { maxAttempts: 3, backoff: { initial: '5ms' } } } } },
    modules: [http(), module],
  })
  const old = await Promise.all(Array.from({ length: 6 }, (_, at) => start(`old-${at}`, registry)))
  const orders = rt.client('orders')
  const calls: Promise<unknown>[] = []
  const load = setInterval(() => {
    for (let at = 0; at < 10; at++) {
      const call = orders.call({ method: 'GET /orders' })
      call.catch(() => {})
      calls.push(call)
    }
  }, 20)
  const codes: (number | null)[] = []
  for (const [at, child] of old.entries()) {
    const [, code] = await Promise.all([start(`new-${at}`, registry), stop(child)])
    codes.push(code)
  }
  clearInterval(load)
  const endings = await Promise.allSettled(calls)
  const failures = endings.filter(({ status }) => status === 'rejected')
  expect(failures).toEqual([])
  expect(endings.length).toBeGreaterThan(1000)
  expect(codes).toEqual([0, 0, 0, 0, 0, 0])
  expect(
    rt
      .endpoints('orders')
      .value.endpoints.map(({ id }) => id)
      .sort(),
  ).toEqual([0, 1, 2, 3, 4, 5].map((at) => `new-${at}`))
  await rt.close()
})
