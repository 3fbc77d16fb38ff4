// A service with one method of each kind, as proto-loader defines it, with handlers as plain grpc-js has them.
import { fileURLToPath } from 'node:url'
import {
  loadPackageDefinition,
  Metadata,
  Server,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceClientConstructor,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { loadSync, type PackageDefinition } from '@grpc/proto-loader'

export interface Hello {
  readonly name: string
  readonly times: number
}
export interface Reply {
  readonly message: string
  readonly number: number
}

export const packageDefinition: PackageDefinition = loadSync('greeter.proto', {
  includeDirs: [fileURLToPath(new URL('protos', import.meta.url))],
  defaults: true,
})
const { test } = loadPackageDefinition(packageDefinition) as unknown as {
  readonly test: { readonly Greeter: ServiceClientConstructor }
}
export const GreeterClient: ServiceClientConstructor = test.Greeter
export const GREETER: ServiceDefinition = GreeterClient.service

/** What the handlers have seen. */
export interface Seen {
  readonly metadata: Metadata[]
  readonly deadlines: number[]
  cancelled: number
}

/**
 * Greets. A name says what is to happen instead: `fail` ends with NOT_FOUND and trailers, `hang` is never answered,
 * `break` ends a stream with DATA_LOSS after what has been asked for.
 */
export function greeterServer(
  seen: Seen = { metadata: [], deadlines: [], cancelled: 0 },
  server = new Server(),
): Server {
  const look = (call: {
    readonly metadata: Metadata
    getDeadline(): Date | number
    on(event: 'cancelled', told: () => void): unknown
    sendMetadata(metadata: Metadata): void
  }): void => {
    seen.metadata.push(call.metadata)
    seen.deadlines.push(Number(call.getDeadline()))
    call.on('cancelled', () => {
      seen.cancelled += 1
    })
    const headers = new Metadata()
    headers.set('x-greeter', 'here')
    for (const value of call.metadata.get('x-echo-bin')) headers.add('x-echo-bin', value)
    call.sendMetadata(headers)
  }
  const trailers = (): Metadata => {
    const metadata = new Metadata()
    metadata.set('x-trailer', 'bye')
    return metadata
  }
  const notFound = (name: string): object => {
    return { code: status.NOT_FOUND, details: `nobody is called ${name}`, metadata: trailers() }
  }
  server.addService(GREETER, {
    SayHello: (call: ServerUnaryCall<Hello, Reply>, done: sendUnaryData<Reply>) => {
      look(call)
      const { name } = call.request
      if (name === 'fail') done(notFound(name), null)
      else if (name !== 'hang') done(null, { message: `Hello ${name}`, number: 1 }, trailers())
    },
    Count: (call: ServerWritableStream<Hello, Reply>) => {
      look(call)
      const { name, times } = call.request
      if (name === 'fail') return void call.emit('error', notFound(name))
      for (let number = 1; number <= times; number++) call.write({ message: `Hello ${name}`, number })
      if (name === 'break') call.emit('error', { code: status.DATA_LOSS, details: 'broken', metadata: trailers() })
      else if (name !== 'hang') call.end(trailers())
    },
    Sum: (call: ServerReadableStream<Hello, Reply>, done: sendUnaryData<Reply>) => {
      look(call)
      const names: string[] = []
      call.on('data', ({ name }: Hello) => void names.push(name))
      call.on('end', () => {
        if (names.includes('fail')) done(notFound('fail'), null)
        else done(null, { message: `Hello ${names.join(' and ')}`, number: names.length }, trailers())
      })
    },
    Chat: (call: ServerDuplexStream<Hello, Reply>) => {
      look(call)
      let number = 0
      call.on('data', ({ name }: Hello) => {
        number += 1
        if (name === 'fail') call.emit('error', notFound(name))
        else call.write({ message: `Hello ${name}`, number })
      })
      call.on('end', () => call.end(trailers()))
    },
  })
  return server
}
