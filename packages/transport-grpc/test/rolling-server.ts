// One of the servers of a rolling restart: listens when it is told to, works 5 ms on a call, and drains on SIGTERM.
import { once } from 'node:events'
import { flushCompileCache } from 'node:module'
import { Server, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { createRuntime } from '@seakeep/core'
import { after, realClock } from '@seakeep/core/spi'
import { grpc } from '../src/index.ts'
import { GREETER, type Hello, type Reply } from './greeter.ts'
import { tellingRegistry } from './told-registry.ts'

process.on('disconnect', () => process.exit())
const clock = realClock()
const server = new Server()
server.addService(GREETER, {
  SayHello: async ({ request }: ServerUnaryCall<Hello, Reply>, done: sendUnaryData<Reply>) => {
    await new Promise<void>((resolve) => void after(clock, 5, resolve))
    done(null, { message: `Hello ${request.name}`, number: process.pid })
  },
} as never)
const rt = await createRuntime({ service: 'greeter', modules: [grpc(), tellingRegistry] })
const begin = once(process, 'message')
// For those that are started after it: what was compiled is there for them.
flushCompileCache()
process.send?.({ isReady: true })
await begin
const drain = { spread: '300ms', finish: '10s' } as const
const served = rt.serve({ name: 'greeter', id: `greeter-${process.pid}`, drain }).grpc(server)
await served.listen({ host: '127.0.0.1', port: 0 })
process.send?.({ isListening: true })
process.once('SIGTERM', async () => {
  await served.drain()
  process.disconnect()
  process.exit()
})
