import type { LockSink } from '@seakeep/core/spi'
import { beforeEach, describe, expect, it } from 'vitest'
import { ScriptedAgent } from '../test/scripted-agent.ts'
import { LockHolder } from './lock-holder.ts'
import { Turns } from './turns.ts'

const TTL = 12_000

/** A KV with one key and its sessions: as much of Consul as a lock asks for. */
class LockAgent extends ScriptedAgent {
  holder: string | undefined
  index = 100
  sessions = 0
  /** Renewals are answered so; undefined for not at all. */
  renewal: number | undefined = 200
  renewals = 0
  /** The key is not given to anybody though it is free. */
  isDelayed = false

  constructor() {
    super()
    this.answering = ({ method, path }) => {
      const [, acquired] = /acquire=(.*)/.exec(path) ?? []
      if (path.includes('session/create')) return { body: { ID: `s${++this.sessions}` } }
      if (path.includes('session/destroy')) return { body: true }
      if (path.includes('session/renew')) {
        this.renewals++
        return this.renewal === undefined ? undefined : { status: this.renewal, body: [] }
      }
      if (acquired !== undefined) {
        const isFree = this.holder === undefined && !this.isDelayed
        if (isFree) this.move(acquired)
        return { body: isFree }
      }
      if (path.includes('release=')) {
        if (path.endsWith(`release=${this.holder}`)) this.move(undefined)
        return { body: true }
      }
      if (method === 'GET' && !path.includes('index=')) return this.#look()
      return undefined
    }
  }

  move(holder: string | undefined): void {
    this.holder = holder
    this.index++
    const polled = this.asked.findLast(({ request, isCalledOff }) => request.path.includes('index=') && !isCalledOff)
    if (polled !== undefined) this.answer(this.#look().body, this.index, polled)
  }

  /** Time passes, and the waits of quiet polls run out. */
  pass(ms: number): void {
    for (const endMs = this.clock.now() + ms; this.clock.now() < endMs; ) {
      this.clock.advance(Math.min(5000, endMs - this.clock.now()))
      const polled = this.asked.findLast(({ request, isCalledOff }) => request.path.includes('index=') && !isCalledOff)
      if (polled !== undefined) this.answer(this.#look().body, this.index, polled)
    }
  }

  #look(): { body: unknown; index: number } {
    const { holder: Session, index } = this
    return { body: [{ Value: null, ModifyIndex: index, ...(Session === undefined ? {} : { Session }) }], index }
  }
}

class Words implements LockSink {
  readonly all: string[] = []
  acquired(fence: bigint): void {
    this.all.push(`acquired ${fence}`)
  }
  lost({ message }: Error): void {
    this.all.push(`lost: ${message}`)
  }
  error({ message }: Error): void {
    this.all.push(`error: ${message}`)
  }
}

describe('a holder of a lock', () => {
  let agent: LockAgent
  let words: Words
  let holder: LockHolder
  beforeEach(() => {
    agent = new LockAgent()
    words = new Words()
    const turns = new Turns({ slots: 2, waitMs: 10_000, stalenessMs: 5000 })
    holder = new LockHolder('locks/a', TTL, words, agent.client, { client: agent.client, ports: agent.ports, turns })
  })

  it('has it when it is free, renews each third of the TTL, and gives it back', () => {
    holder.start()
    agent.pass(60_000)
    expect(words.all).toEqual(['acquired 101'])
    expect(agent.renewals).toBeGreaterThanOrEqual(14)
    holder.close()
    agent.clock.advance(10)
    expect(agent.holder).toBe(undefined)
    expect(agent.asked.at(-1)?.request.path).toBe('/v1/session/destroy/s1')
    expect(agent.clock.pending).toBe(0)
  })

  it('waits for who has it, and takes it when it is given back', () => {
    agent.holder = 'other'
    holder.start()
    agent.clock.advance(3000)
    expect(words.all).toEqual([])
    agent.move(undefined)
    agent.clock.advance(10)
    expect(words.all).toEqual(['acquired 102'])
  })

  it('waits out the delay after a session that ended without a word', () => {
    agent.isDelayed = true
    holder.start()
    agent.clock.advance(1500)
    expect(words.all).toEqual([])
    agent.isDelayed = false
    agent.clock.advance(5000)
    expect(words.all).toEqual(['acquired 101'])
  })

  it('is in doubt when no renewal was answered for the TTL, counted from when the last one was sent', () => {
    holder.start()
    agent.clock.advance(TTL / 3 + 10)
    const sentMs = agent.asked.findLast(({ request }) => request.path.includes('renew'))!.atMs
    agent.renewal = undefined
    agent.clock.advance(sentMs + TTL - 1 - agent.clock.now())
    expect(words.all.filter((word) => word.startsWith('lost'))).toEqual([])
    agent.clock.advance(1)
    expect(words.all.at(-1)).toBe('lost: the session of the lock locks/a was not renewed for 12000 ms')
  })

  it('does not believe a renewal that is answered after its lease had run out: the process was frozen', () => {
    holder.start()
    agent.clock.advance(100)
    agent.renewal = undefined
    agent.clock.advance(TTL / 3)
    const renewal = agent.asked.findLast(({ request }) => request.path.includes('renew'))!
    // The answer is read before the timers that are due.
    agent.clock.lateMs = TTL
    agent.answer([], undefined, renewal)
    expect(words.all.filter((word) => word.startsWith('lost')).length).toBe(1)
  })

  it('is lost when the session is gone, and comes back with a greater fence', () => {
    holder.start()
    agent.clock.advance(100)
    agent.renewal = 404
    agent.holder = undefined
    agent.clock.advance(TTL / 3)
    agent.renewal = 200
    agent.clock.advance(5000)
    expect(words.all).toEqual(['acquired 101', 'lost: the session of the lock locks/a has ended', 'acquired 102'])
  })

  it('is lost when another hand takes the key', () => {
    holder.start()
    agent.clock.advance(100)
    agent.move('other')
    expect(words.all.at(-1)).toBe('lost: the lock locks/a was taken away')
  })

  it('tells once that Consul cannot be reached, and goes on', () => {
    const { answering } = agent
    agent.answering = () => ({ status: 500, body: 'no leader' })
    holder.start()
    agent.clock.advance(20_000)
    expect(words.all.length).toBe(1)
    expect(words.all[0]).toMatch(/^error: consul answered 500/)
    agent.answering = answering
    agent.clock.advance(6000)
    expect(words.all.at(-1)).toMatch(/^acquired/)
  })

  it('ends a session that was made while it was closed', () => {
    holder.start()
    holder.close()
    agent.clock.advance(10)
    expect(agent.asked.at(-1)?.request.path).toBe('/v1/session/destroy/s1')
    expect(words.all).toEqual([])
  })
})
