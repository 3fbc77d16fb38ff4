// The classic, as every gRPC program has it: the service's definition, and the stub that it comes with.
import { fileURLToPath } from 'node:url'
import { type Client, loadPackageDefinition, type ServiceClientConstructor, type ServiceError } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

export interface HelloRequest {
  readonly name: string
}
export interface HelloReply {
  readonly message: string
}
export interface GreeterStub extends Client {
  sayHello(request: HelloRequest, told: (error: ServiceError | null, reply: HelloReply) => void): void
}

const loaded = loadPackageDefinition(loadSync(fileURLToPath(new URL('greeter.proto', import.meta.url))))
export const Greeter = (loaded.helloworld as unknown as { readonly Greeter: ServiceClientConstructor }).Greeter
