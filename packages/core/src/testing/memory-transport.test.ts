import { describe, expect, it } from 'vitest'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { realClock } from '../time/real-clock.ts'
import { MemoryTransport } from './memory-transport.ts'
import { transportContract } from './transport-contract.ts'

function endpointCalled(id: string): Endpoint {
  return { id, service: 'echo', address: { host: 'memory', port: 1 }, protocol: 'memory', weight: 1 }
}

transportContract({ describe, it, expect }, 'the in-memory transport', async () => {
  const clock = realClock()
  const maxAnswerBytes = 1000
  const transport = new MemoryTransport(clock, { maxAnswerBytes })
  const endpoint = endpointCalled('echo#1')
  return {
    transport,
    clock,
    endpoint,
    nobody: endpointCalled('echo#2'),
    maxAnswerBytes,
    tellsDeadline: true,
    answerWith: (handler) => transport.serve(endpoint.id, handler),
    streamed: (request) => ({ ...request, stream: true }),
    close: async () => {},
  }
})
