// One of the greeters, a process of its own: plain grpc-js, which registers itself once it listens.
//
//   greeter.ts <name> <registry> [address of the registry]
//
// It is ready before it listens, and begins when it is told to: what is measured is not how long a program takes to load.
import { once } from 'node:events'
import { Server, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { createRuntime } from '@seakeep/core'
import { grpc } from '@seakeep/transport-grpc'
import { Greeter, type HelloReply, type HelloRequest } from './hello.ts'
import { type RegistryName, registryAt, toldRegistry } from './registries.ts'

const [, , name = 'greeter-1', registry = 'memory', address] = process.argv

const server = new Server()
server.addService(Greeter.service, {
  sayHello: ({ request }: ServerUnaryCall<HelloRequest, HelloReply>, answer: sendUnaryData<HelloReply>) =>
    answer(null, { message: `Hello ${request.name}, says ${name}` }),
})

process.on('disconnect', () => process.exit())
const begin = once(process, 'message')
const rt = await createRuntime({
  service: 'greeter',
  modules: [grpc(), address === undefined ? toldRegistry() : registryAt(registry as RegistryName, address)],
})
process.send?.({ isReady: true })
await begin
process.send?.({ listensAtMs: Date.now() })
await rt.serve({ name: 'greeter', id: name }).grpc(server).listen({ host: '127.0.0.1', port: 0 })
process.send?.({ isRegistered: true })
