// The one method of the fleet, for grpc-js: messages are JSON, so that no file has to define them.
import { Buffer } from 'node:buffer'
import type { ServiceDefinition } from '@grpc/grpc-js'

export interface Question {
  readonly dueMs: number
}
export interface Answered {
  /** Which attempt it was that was answered. */
  readonly attempt: number
}

export const METHOD = 'reality.Fleet/Answer'

const write = (message: unknown): Buffer => Buffer.from(JSON.stringify(message))
const read = (bytes: Buffer): unknown => JSON.parse(bytes.toString())

export const FLEET: ServiceDefinition = {
  Answer: {
    path: `/${METHOD}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: write,
    requestDeserialize: read,
    responseSerialize: write,
    responseDeserialize: read,
  },
}
