// What the program of the README imports: a client as generated code has it (in JSON, for want of a proto), and a server.
import { Buffer } from 'node:buffer'
import type { Instance } from '@seakeep/core'
import { serve } from './grpc-server.ts'

export const InventoryClient = {
  service: {
    reserve: {
      ...{ path: '/shop.Inventory/Reserve', requestStream: false, responseStream: false },
      requestSerialize: (message: object) => Buffer.from(JSON.stringify(message)),
      responseDeserialize: (bytes: Buffer) => JSON.parse(bytes.toString()) as unknown,
    },
  },
}

const server = await serve({
  'shop.Inventory/Reserve': (call, done) => done(null, call.request),
  'grpc.health.v1.Health/Check': (_call, done) => done(null, Buffer.from([0x08, 1])),
})

export const instances: readonly Instance[] = [{ ...server.endpoint, id: 'inventory#1', service: 'inventory' }]

/** Ends when every connection to it has been closed by who made it. */
export const drained = server.drained
