// One server of the fleet: `server-process.ts NUMBER SEED`. It serves HTTP and gRPC, each as an instance of its own; its
// handlers wait on timers. `{ slowMs }` is what they take longer from then on; it tells `{ isReady }` when both have been
// announced, and gives up when its parent is gone.
import { createServer } from 'node:http'
import { flushCompileCache } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { Server, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { createRuntime, requestContext } from '@seakeep/core'
import { grpc } from '@seakeep/transport-grpc'
import { http } from '@seakeep/transport-http'
import { quiet } from '../registries/quiet.ts'
import { type Answered, FLEET, type Question } from './answers.ts'
import { fateOf, LEASE, type Protocol } from './plan.ts'
import { tellingRegistry } from './told-registry.ts'

const [, , number = '1', seed = '1'] = process.argv
let slowMs = 0

/** Undefined: it is to fail. */
async function answer(protocol: Protocol, dueMs: number): Promise<Answered | undefined> {
  const { attempt = 1 } = requestContext() ?? {}
  const { workMs, isFailed } = fateOf(Number(seed), protocol, dueMs, attempt)
  await sleep(workMs + slowMs)
  return isFailed ? undefined : { attempt }
}

const overHttp = createServer(async ({ url = '' }, response) => {
  const dueMs = Number(new URL(url, 'http://localhost').searchParams.get('dueMs'))
  const answered = await answer('http', dueMs)
  response.writeHead(answered === undefined ? 500 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(answered ?? null))
})
const overGrpc = new Server()
overGrpc.addService(FLEET, {
  Answer: async ({ request }: ServerUnaryCall<Question, Answered>, done: sendUnaryData<Answered>) => {
    const answered = await answer('grpc', request.dueMs)
    if (answered === undefined) done({ code: status.INTERNAL, details: 'failed' }, null)
    else done(null, answered)
  },
})

process.on('disconnect', () => process.exit())
process.on('message', (message: { readonly slowMs: number }) => {
  slowMs = message.slowMs
})
const rt = await createRuntime({ service: 'fleet', modules: [quiet(), http(), grpc(), tellingRegistry()] })
flushCompileCache()
const at = { host: '127.0.0.1', port: 0 } as const
await rt
  .serve({ name: 'http', id: `http#${number}`, lease: LEASE })
  .http(overHttp)
  .listen(at)
await rt
  .serve({ name: 'grpc', id: `grpc#${number}`, lease: LEASE })
  .grpc(overGrpc)
  .listen(at)
process.send?.({ isReady: true })
