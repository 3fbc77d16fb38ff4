import { beforeEach, describe, expect, it } from 'vitest'
import { ScriptedAgent } from '../test/scripted-agent.ts'
import type { ConsulAnswer } from './consul-client.ts'
import { LongPoll, type PollSink } from './long-poll.ts'
import { Turns } from './turns.ts'

class Sink implements PollSink {
  readonly words: string[] = []
  answer({ body }: ConsulAnswer, isDegraded: boolean): void {
    this.words.push(`${body.toString()}${isDegraded ? ' degraded' : ''}`)
  }
  error(error: Error): void {
    this.words.push(error.name)
  }
}

describe('a long poll', () => {
  let agent: ScriptedAgent
  let sink: Sink
  let poll: LongPoll
  beforeEach(() => {
    agent = new ScriptedAgent({ token: () => `t${agent.asked.length}`, datacenter: 'eu west' })
    sink = new Sink()
    const turns = new Turns({ slots: 1, waitMs: 10_000, stalenessMs: 5000 })
    poll = new LongPoll('/kv/a?stale', sink, { client: agent.client, ports: agent.ports, turns })
    poll.start()
  })
  const paths = (): string[] => agent.asked.map(({ request }) => request.path)

  it('asks without an index first, then blocks from the one it was given', () => {
    agent.answer(1, 7)
    agent.answer(1, 7)
    agent.answer(2, 9)
    expect(paths()).toEqual([
      '/v1/kv/a?stale&dc=eu%20west',
      '/v1/kv/a?stale&index=7&wait=10000ms&dc=eu%20west',
      '/v1/kv/a?stale&index=7&wait=10000ms&dc=eu%20west',
      '/v1/kv/a?stale&index=9&wait=10000ms&dc=eu%20west',
    ])
    expect(sink.words).toEqual(['1', '2'])
    expect(agent.last.request.headers).toEqual({ 'x-consul-token': 't3' })
  })

  it('3c 28: waits for the server to end a quiet query, its sixteenth included, and then no longer', () => {
    agent.answer(1, 7)
    agent.clock.advance(12_624)
    expect(agent.last.isCalledOff).toBe(false)
    agent.clock.advance(1)
    expect(agent.last.isCalledOff).toBe(true)
    expect(sink.words).toEqual(['1', 'NoAnswerError'])
  })

  it('3c 28: there is no answer after which it stops asking, and none after which it keeps its index', () => {
    for (const status of [400, 403, 404, 429, 500, 502]) {
      agent.answer(1, 7)
      agent.clock.advance(100)
      agent.answer('no', undefined, agent.last, status)
      agent.clock.advance(3000)
      expect(paths().at(-1)).toBe('/v1/kv/a?stale&dc=eu%20west')
    }
    agent.answer(1, 8)
    agent.last.sink.error(new Error('reset'), true)
    agent.clock.advance(3000)
    expect(paths().at(-1)).toBe('/v1/kv/a?stale&dc=eu%20west')
    agent.answer(1, 8)
    agent.answer(1, 3)
    agent.clock.advance(1000)
    expect(paths().at(-1)).toBe('/v1/kv/a?stale&dc=eu%20west')
  })

  it('waits between failures, longer and longer, at most 3 s, and each its own time', () => {
    agent.answering = () => ({ status: 500, body: 'no' })
    agent.answer('no', undefined, agent.last, 500)
    agent.clock.advance(60_000)
    const gaps = agent.asked.slice(1).map(({ atMs }, i) => atMs - agent.asked[i]!.atMs)
    expect(gaps.length).toBeGreaterThan(20)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(200)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(3001)
    expect(new Set(gaps).size).toBeGreaterThan(5)
  })

  it('3c 28: asks at most ten times a second, whatever it is answered', () => {
    let index = 10
    agent.answering = () => ({ body: 1, index: index++ })
    agent.answer(1, 9)
    agent.clock.advance(10_000)
    expect(agent.asked.length).toBeGreaterThan(90)
    expect(agent.asked.length).toBeLessThan(110)
  })

  it('believes a server without a leader only what it says itself, and asks it again', () => {
    const headers = { 'x-consul-index': '7', 'x-consul-knownleader': 'false' }
    agent.last.sink.answer({ status: 200, headers, body: Buffer.from('1') })
    expect(sink.words).toEqual(['1 degraded', 'NoLeaderError'])
    agent.clock.advance(1000)
    expect(paths().at(-1)).not.toContain('index')
  })

  it('gives an answer that lies unread in a busy process the time to be read', () => {
    agent.answer(1, 7)
    const { sink: unread } = agent.last
    agent.clock.lateMs = 500
    agent.clock.advance(12_625)
    expect(sink.words).toEqual(['1'])
    unread.answer({ status: 200, headers: { 'x-consul-index': '8' }, body: Buffer.from('2') })
    expect(sink.words).toEqual(['1', '2'])
    agent.clock.advance(14_000)
    expect(sink.words).toEqual(['1', '2', 'NoAnswerError'])
  })

  it('tells nothing more when it is closed, also from inside', () => {
    sink.answer = ({ body }) => {
      sink.words.push(body.toString())
      poll.close()
    }
    agent.answer(1, 7)
    agent.clock.advance(60_000)
    expect(agent.asked.length).toBe(1)
    expect(agent.clock.pending).toBe(0)
    poll.close()
  })
})

it('a token that cannot be had is an error as any other', () => {
  const agent = new ScriptedAgent({
    token: () => {
      throw new Error('no file')
    },
  })
  const sink = new Sink()
  const turns = new Turns({ slots: 1, waitMs: 10_000, stalenessMs: 5000 })
  const poll = new LongPoll('/kv/a?stale', sink, { client: agent.client, ports: agent.ports, turns })
  poll.start()
  agent.clock.advance(5000)
  expect(sink.words.length).toBeGreaterThan(2)
  expect(agent.asked.length).toBe(0)
  poll.close()
})
