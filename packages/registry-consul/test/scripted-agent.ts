// An agent of the test's own, in its own time: what was asked stands in a list, and is answered by hand.
import { Buffer } from 'node:buffer'
import type { GovernanceEvent } from '@seakeep/core'
import { type AdapterPorts, SeededRandom } from '@seakeep/core/spi'
import { ManualClock } from '@seakeep/core/testing'
import type { Connections, HttpRequest, HttpSink } from '../src/connections.ts'
import { ConsulClient } from '../src/consul-client.ts'
import { type ConsulOptions, resolveConsulOptions } from '../src/consul-options.ts'
import { Throttle } from '../src/throttle.ts'

export interface Asked {
  readonly request: HttpRequest
  readonly sink: HttpSink
  readonly atMs: number
  isCalledOff: boolean
}

/** A clock whose timers fire later than they are due, as those of a busy process do. */
export class LateClock extends ManualClock {
  lateMs = 0
  override now(): number {
    return super.now() + this.lateMs
  }
}

export class ScriptedAgent implements Connections {
  readonly clock: LateClock = new LateClock()
  readonly told: GovernanceEvent[] = []
  readonly ports: AdapterPorts
  readonly client: ConsulClient
  readonly asked: Asked[] = []
  /** Answers by itself what it knows. */
  answering: ((request: HttpRequest) => { status?: number; body: unknown; index?: number } | undefined) | undefined

  constructor(options: ConsulOptions = {}) {
    const { clock, told } = this
    this.ports = { clock, random: new SeededRandom(1), events: { emit: (event) => told.push(event) } }
    this.client = new ConsulClient(this, resolveConsulOptions(options), this.ports, new Throttle(this.ports, 'consul'))
  }

  get last(): Asked {
    return this.asked.at(-1)!
  }

  send(request: HttpRequest, sink: HttpSink): () => void {
    const asked: Asked = { request, sink, atMs: this.clock.now(), isCalledOff: false }
    this.asked.push(asked)
    const own = this.answering?.(request)
    if (own !== undefined) {
      this.clock.schedule(this.clock.now() + 1, {
        onTimer: () => {
          if (!asked.isCalledOff) this.answer(own.body, own.index, asked, own.status)
        },
      })
    }
    return () => {
      asked.isCalledOff = true
    }
  }

  answer(body: unknown, index: number | undefined, asked: Asked = this.last, status = 200): void {
    const headers = index === undefined ? {} : { 'x-consul-index': String(index) }
    asked.sink.answer({ status, headers, body: Buffer.from(JSON.stringify(body)) })
  }

  close(): void {}
}
