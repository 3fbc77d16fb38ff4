import { type ChildProcess, spawn } from 'node:child_process'
import type { LockSink } from '@seakeep/core/spi'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describeReal, type RealServer, startConsul, startTcpProxy } from '../../../tools/real-servers/index.ts'
import type { ConsulLock } from '../src/consul-lock.ts'
import { lockAt, operate, seen, sleep } from './agent.ts'

class Holder implements LockSink {
  readonly words: string[] = []
  readonly fences: bigint[] = []
  isHolding = false
  acquired(fence: bigint): void {
    this.isHolding = true
    this.fences.push(fence)
    this.words.push('acquired')
  }
  lost(error: Error): void {
    this.isHolding = false
    this.words.push(`lost: ${error.message}`)
  }
  error(): void {
    this.words.push('error')
  }
}

const TTL = 10_000 // the shortest there is
const open: ConsulLock[] = []
const lock = (address: string): ConsulLock => {
  const one = lockAt({ address, timeout: '1s' })
  open.push(one)
  return one
}
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

describeReal('consul', 'locks at a real agent', () => {
  let agent: RealServer
  beforeAll(async () => {
    agent = await startConsul()
  })
  afterAll(() => agent[Symbol.asyncDispose]())

  it('one of two holds it; the other has it as soon as it is given back, with a greater fence', async () => {
    const [a, b] = [new Holder(), new Holder()]
    const first = lock(agent.address).acquire('job', TTL, a)
    await seen(() => a.isHolding)
    const second = lock(agent.address).acquire('job', TTL, b)
    await sleep(300)
    expect(b.words).toEqual([])
    first[Symbol.dispose]()
    expect(await seen(() => b.isHolding)).toBeLessThan(1000)
    expect(b.fences[0]! > a.fences[0]!).toBe(true)
    second[Symbol.dispose]()
    await sleep(300)
    expect(await operate(agent.address, 'GET', '/session/list')).toEqual([])
    expect(a.words).toEqual(['acquired'])
  })

  it('is lost when its session is ended by hand, and asked for again', async () => {
    const a = new Holder()
    lock(agent.address).acquire('ended', TTL, a)
    await seen(() => a.isHolding)
    const [{ ID }] = await operate(agent.address, 'GET', '/session/list')
    await operate(agent.address, 'PUT', `/session/destroy/${ID}`)
    await seen(() => a.words.length === 3, 8000)
    expect(a.words).toEqual(['acquired', 'lost: the lock seakeep/locks/ended was taken away', 'acquired'])
    expect(a.fences[1]! > a.fences[0]!).toBe(true)
  })

  it('many wait for many locks over the same two connections', async () => {
    const one = lock(agent.address)
    const holders = Array.from({ length: 12 }, () => new Holder())
    const handles = holders.map((holder, i) => one.acquire(`many-${i % 4}`, TTL, holder))
    await seen(() => holders.filter(({ isHolding }) => isHolding).length === 4)
    for (let round = 0; round < 2; round++) {
      holders.forEach((holder, i) => {
        if (!holder.isHolding) return
        holder.isHolding = false
        handles[i]![Symbol.dispose]()
      })
      await seen(() => holders.filter(({ isHolding }) => isHolding).length === 4, 12_000)
    }
    expect(holders.every(({ words }) => words.join() === 'acquired')).toBe(true)
  })

  it('a holder that is cut off doubts before anybody else can have it', async () => {
    await using proxy = await startTcpProxy(agent)
    const [a, b] = [new Holder(), new Holder()]
    lock(`http://${proxy.address}`).acquire('doubt', TTL, a)
    await seen(() => a.isHolding)
    lock(agent.address).acquire('doubt', TTL, b)
    await sleep(100)
    const beganMs = performance.now()
    proxy.swallow()
    let lostAtMs = 0
    await seen(() => {
      if (!a.isHolding && lostAtMs === 0) lostAtMs = performance.now()
      return b.isHolding
    }, 30_000)
    expect(a.isHolding).toBe(false)
    expect(lostAtMs - beganMs).toBeLessThanOrEqual(TTL + 500)
    expect(a.words.filter((word) => word.startsWith('lost'))).toMatchObject([
      expect.stringMatching(/not renewed for 10000 ms/),
    ])
    expect(b.fences[0]! > a.fences[0]!).toBe(true)
  })

  it.concurrent('of a holder that is killed is another one’s after its TTL, at the latest after two and the delay', async () => {
    const child = holdElsewhere(agent.address, 'killed')
    try {
      await seen(() => child.words.length === 1, 15_000)
      const b = new Holder()
      const one = lockAt({ address: agent.address })
      one.acquire('killed', TTL, b)
      await sleep(100)
      child.process.kill('SIGKILL')
      expect(await seen(() => b.isHolding, 30_000)).toBeGreaterThan(5000)
      one.close()
    } finally {
      child.process.kill('SIGKILL')
    }
  })

  it.concurrent('of a holder that is frozen is another one’s, and it hears so as soon as it goes on', async () => {
    const child = holdElsewhere(agent.address, 'frozen')
    try {
      await seen(() => child.words.length === 1, 15_000)
      const b = new Holder()
      const one = lockAt({ address: agent.address })
      one.acquire('frozen', TTL, b)
      await sleep(100)
      child.process.kill('SIGSTOP')
      await seen(() => b.isHolding, 30_000)
      expect(b.fences[0]! > fenceOf(child.words[0])).toBe(true)
      child.process.kill('SIGCONT')
      await seen(() => child.words[1] === 'lost', 15_000)
      one.close()
    } finally {
      child.process.kill('SIGKILL')
    }
  })
})

function fenceOf(word: string | undefined): bigint {
  return BigInt(word?.split(' ')[1] ?? '0')
}

function holdElsewhere(address: string, name: string): { readonly process: ChildProcess; readonly words: string[] } {
  const program = new URL('lock-program.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['-C', '@seakeep/source', program, address, name], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const words: string[] = []
  child.stdout.on('data', (chunk) => words.push(...String(chunk).trim().split('\n')))
  return { process: child, words }
}
