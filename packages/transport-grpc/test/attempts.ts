// A transport on real sockets, and how one attempt of it ends.
import type { Answer, CallRequest, Endpoint } from '@seakeep/core'
import {
  type Attempt,
  type AttemptResult,
  type Cancel,
  type Clock,
  NO_DEADLINE,
  NO_EVENTS,
  type ProbeResult,
  realClock,
  SeededRandom,
} from '@seakeep/core/spi'
import { type GrpcOptions, resolveGrpcOptions } from '../src/grpc-options.ts'
import { GrpcTransport } from '../src/grpc-transport.ts'

export const clock = realClock()

export interface Sent {
  readonly ended: Promise<AttemptResult>
  readonly cancel: Cancel
}

export class Attempts {
  readonly transport: GrpcTransport
  readonly endpoint: Endpoint

  constructor(endpoint: Endpoint, options: GrpcOptions = {}, time: Clock = clock) {
    const ports = { clock: time, random: new SeededRandom(1), events: NO_EVENTS }
    this.transport = new GrpcTransport(ports, resolveGrpcOptions(options))
    this.endpoint = endpoint
  }

  send(request: CallRequest = {}, fields: Partial<Attempt> = {}): Sent {
    const { promise: ended, resolve: settle } = Promise.withResolvers<AttemptResult>()
    const attempt: Attempt = {
      service: 'echo',
      endpoint: this.endpoint,
      request: { method: 'test.Echo/Answer', ...request },
      number: 1,
      key: 1,
      deadlineMs: NO_DEADLINE,
      priority: undefined,
      idempotent: true,
      ...fields,
    }
    const cancel = this.transport.send(attempt, { commit: () => {}, settle })
    return { ended, cancel }
  }

  check(service: string, timeoutMs = 5000, endpoint = this.endpoint): Promise<ProbeResult> {
    return new Promise((resolve) => {
      this.transport.check(endpoint, { kind: 'grpc', service }, timeoutMs, resolve)
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.transport.close(clock.now(), resolve))
  }
}

export function answerOf({ value }: AttemptResult): Answer {
  return value as Answer
}
