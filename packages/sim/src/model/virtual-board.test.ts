import { boardContract } from '@seakeep/core/testing'
import { describe, expect, it } from 'vitest'
import { Kernel } from '../kernel/kernel.ts'
import { createDrain } from '../kernel/node-drain.ts'
import type { Distribution } from './distribution.ts'
import { Network } from './network.ts'
import { VirtualBoard } from './virtual-board.ts'
import { VirtualHost } from './virtual-host.ts'

const FIVE: Distribution = { sampleMs: () => 5, meanMs: 5 }

const pass = async (kernel: Kernel, ms: number): Promise<void> => {
  await kernel.run(kernel.nowUs + ms * 1000, { drain: createDrain() })
}

// The suite that the in-memory board and the real ones run: the simulated one is held to the same truth.
boardContract({ describe, it, expect }, 'the simulated board', async () => {
  const kernel = new Kernel()
  const board = new VirtualBoard(kernel, new Network(kernel, FIVE))
  let hosts = 0
  return {
    connect: () => board.portFor(new VirtualHost(`host#${++hosts}`, 'host', kernel, 1)),
    pass: (ms) => pass(kernel, ms),
    ttlMs: 1000,
    seenWithinMs: 11,
    expiresWithinMs: 0,
    interrupt: () => {
      board.goDown()
      return { [Symbol.dispose]: () => board.comeBack() }
    },
    close: async () => {},
  }
})

describe('the simulated board', () => {
  it('tells a host nothing after its crash, keeps its note until it runs out, and holds what reaches a paused one', async () => {
    const kernel = new Kernel()
    const board = new VirtualBoard(kernel, new Network(kernel, FIVE))
    const [one, two] = [1, 2].map((number) => new VirtualHost(`web#${number}`, 'web', kernel, 1)) as [
      VirtualHost,
      VirtualHost,
    ]
    const heard: string[] = []
    const reader = (host: VirtualHost) => ({
      note: (peer: string, note: string) => heard.push(`${host.name} hears ${peer}: ${note} at ${kernel.nowUs / 1000}`),
      gone: (peer: string) => heard.push(`${host.name} hears ${peer} go at ${kernel.nowUs / 1000}`),
    })
    const port = board.portFor(two)
    for (const [host, at] of [
      [one, board.portFor(one)],
      [two, port],
    ] as const) {
      at.watch('t', reader(host))
    }
    one.pause()
    port.publish('t', 'a', 100)
    await pass(kernel, 50)
    expect(heard).toEqual([])
    one.resume()
    two.crash()
    two.restart()
    board.portFor(one).publish('t', 'b', 100)
    await pass(kernel, 100)
    expect(heard).toEqual(['web#1 hears web#2@0: a at 50', 'web#1 hears web#2@0 go at 110'])
  })
})
