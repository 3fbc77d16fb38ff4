// istio#7665, linkerd2#6238, kubernetes#43576: rollouts drop requests, since a server stops before its callers know.
// Six real processes are replaced one by one under load, and no call fails.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRuntime, type Instance } from '@seakeep/core'
import { MemoryRegistry, realClock, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { http } from '../src/index.ts'

const SCRIPT = new URL('serving-process.ts', import.meta.url)
const FOREVER_MS = 1e9
const children = new Set<ChildProcess>()
let cache = ''

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'seakeep-rolling-'))
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
  await rm(cache, { recursive: true, force: true })
})

/** Loads a program. What is restarted under load is servers, not compilers. */
function load(id: string): Promise<ChildProcess> {
  const env = { ...process.env, NODE_COMPILE_CACHE: cache }
  const child = fork(SCRIPT, [id], { execArgv: ['-C', '@seakeep/source'], env })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${id} ended with ${code}`)))
    child.once('message', () => resolve(child))
  })
}

function listen(child: ChildProcess, registry: MemoryRegistry): Promise<void> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      const { type, instance } = message as { type: string; instance: Instance }
      if (type === 'deregistered') registry.deregister(instance, () => {})
      else registry.register(instance, FOREVER_MS, () => resolve())
    })
    child.send({ listen: true })
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
  // The first fills the cache of what is compiled.
  const old = [await load('old-0')]
  old.push(...(await Promise.all([1, 2, 3, 4, 5].map((at) => load(`old-${at}`)))))
  const next = await Promise.all([0, 1, 2, 3, 4, 5].map((at) => load(`new-${at}`)))
  await Promise.all(old.map((child) => listen(child, registry)))
  const orders = rt.client('orders')
  const calls: Promise<unknown>[] = []
  const ticking = setInterval(() => {
    for (let at = 0; at < 10; at++) {
      const call = orders.call({ method: 'GET /orders' })
      call.catch(() => {})
      calls.push(call)
    }
  }, 20)
  const codes: (number | null)[] = []
  for (const [at, child] of old.entries()) {
    await listen(next[at]!, registry)
    const code = await stop(child)
    codes.push(code)
    // However quick a restart and however busy the machine: each is seen by so many calls.
    await expect.poll(() => calls.length, { timeout: 20_000 }).toBeGreaterThan((at + 1) * 200)
  }
  clearInterval(ticking)
  const endings = await Promise.allSettled(calls)
  const failures = endings.filter(({ status }) => status === 'rejected')
  expect(failures).toEqual([])
  expect(codes).toEqual([0, 0, 0, 0, 0, 0])
  expect(
    rt
      .endpoints('orders')
      .value.endpoints.map(({ id }) => id)
      .sort(),
  ).toEqual([0, 1, 2, 3, 4, 5].map((at) => `new-${at}`))
  await rt.close()
})
