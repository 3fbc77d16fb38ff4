// Six real server processes are restarted one after the other under 500 requests a second. Nobody notices.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRuntime } from '@seakeep/core'
import { afterEach, expect, it } from 'vitest'
import { codecOf, grpc } from '../src/index.ts'
import { GREETER, type Reply } from './greeter.ts'
import { ToldRegistry } from './told-registry.ts'

const RATE = 500
const SERVERS = 6
/**
 * A machine that has no time for them must not be offered what it has missed all at once: then calls fail by their deadline,
 * restart or not. So the rate is kept tick by tick, and nothing is added while so many calls are open.
 */
const TICK_MS = 4
const MOST_OPEN = RATE / 2

const children: ChildProcess[] = []
const caches: string[] = []

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const cache of caches.splice(0)) await rm(cache, { recursive: true, force: true })
})

function told(child: ChildProcess, field: 'isReady' | 'isListening'): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if ((message as Record<string, unknown>)[field] === true) resolve()
    })
    child.once('exit', (code) => reject(new Error(`a server ended with ${code}`)))
  })
}

it('no request fails while six servers are restarted one by one', { timeout: 180_000 }, async () => {
  const list = new ToldRegistry()
  const cache = await mkdtemp(join(tmpdir(), 'seakeep-rolling-'))
  caches.push(cache)
  const start = async (): Promise<ChildProcess> => {
    const env = { ...process.env, NODE_COMPILE_CACHE: cache }
    const child = fork(new URL('rolling-server.ts', import.meta.url), { execArgv: ['-C', '@seakeep/source'], env })
    children.push(child)
    list.follow(child)
    await told(child, 'isReady')
    return child
  }
  const listen = async (child: ChildProcess): Promise<void> => {
    const listening = told(child, 'isListening')
    child.send({ listen: true })
    await listening
  }
  // All are loaded before the first request, so that what is measured is not how long programs take to load.
  const old: ChildProcess[] = []
  const next: ChildProcess[] = []
  old.push(await start())
  for (const some of [old, next]) while (some.length < SERVERS) some.push(...(await Promise.all([start()])))
  await Promise.all(old.map(listen))

  const rt = await createRuntime({
    service: 'shop',
    policies: {
      version: 1,
      targets: {
        greeter: {
          timeout: '5s',
          retry: { maxAttempts: 3, backoff: { initial: '5ms', max: '50ms' } },
          circuitBreaker: true,
        },
      },
    },
    modules: [grpc({ codec: codecOf(GREETER as never) }), list.module],
  })
  const failures: unknown[] = []
  const pids = new Set<number>()
  let open = 0
  const call = async (): Promise<void> => {
    open += 1
    try {
      const { body } = await rt.client('greeter').call({ method: 'test.Greeter/SayHello', body: { name: 'Ada' } })
      pids.add((body as Reply).number)
    } catch (error) {
      failures.push(error)
    } finally {
      open -= 1
    }
  }
  await call()
  const calls: Promise<void>[] = []
  let isOver = false
  const load = (async () => {
    let before = performance.now()
    let due = 0
    while (!isOver) {
      const now = performance.now()
      due += (Math.min(now - before, 5 * TICK_MS) * RATE) / 1000
      before = now
      for (; due >= 1; due -= 1) if (open < MOST_OPEN) calls.push(call())
      await sleep(TICK_MS)
    }
  })()
  for (let i = 0; i < SERVERS; i++) {
    await listen(next[i]!)
    const ended = once(old[i]!, 'exit')
    old[i]!.kill('SIGTERM')
    expect((await ended)[0]).toBe(0)
    // However quick a restart and however busy the machine: each is seen by so many calls.
    await expect.poll(() => calls.length, { timeout: 20_000 }).toBeGreaterThan((i + 1) * 200)
  }
  await sleep(300)
  isOver = true
  await load
  await Promise.all(calls)
  await rt.close()
  expect(failures).toEqual([])
  // Each of the twelve has answered somebody.
  expect(pids.size).toBe(2 * SERVERS)
})
