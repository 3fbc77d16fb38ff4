// docs/grpc.md: its code runs here, and what it shows as printed is printed here.
import { readFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import { create, createFileRegistry, type DescService, fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { createClient } from '@connectrpc/connect'
import { type Client, credentials, type ServiceError } from '@grpc/grpc-js'
import { createRuntime, memoryRegistry } from '@seakeep/core'
import { jsonSchemaOf } from '@seakeep/core/spi'
import { expect, it } from 'vitest'
import { connectTransport } from '../src/connect.ts'
import { GRPC_OPTIONS } from '../src/grpc-options.ts'
import { codecOf, fromServiceConfig, govern, grpc, type MessageStream } from '../src/index.ts'
import { GreeterClient as Generated, GREETER, greeterServer, packageDefinition, type Reply } from './greeter.ts'

interface Stub extends Client {
  SayHello(request: object, told: (error: ServiceError | null, reply?: Reply) => void): void
}
interface GreeterOfConnect {
  sayHello(request: object): Promise<Reply>
}

const page = await readFile(new URL('../../../docs/grpc.md', import.meta.url), 'utf8')
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const piecesOf = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, piece = '']) => piece.trim())

const GreeterClient = Generated as unknown as new (...given: ConstructorParameters<typeof Generated>) => Stub
const [message] = Object.values(packageDefinition).filter((one) => 'fileDescriptorProtos' in one)
const files = (message as unknown as { readonly fileDescriptorProtos: readonly Uint8Array[] }).fileDescriptorProtos
const Greeter = createFileRegistry(
  create(FileDescriptorSetSchema, { file: files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes)) }),
).getService('test.Greeter') as DescService

it('prints what the page shows', async () => {
  const server = greeterServer()
  const drain = { spread: 0, finish: '1s' } as const
  const modules = [grpc({ codec: codecOf(GREETER as never), connectTimeout: '20s' }), memoryRegistry()]
  await using rt = await createRuntime({ service: 'shop', policies: { version: 1, targets: {} }, modules })
  const served = rt.serve({ name: 'greeter', limits: { concurrency: { limit: 100, queue: 20 } }, drain }).grpc(server)
  const { port } = await served.listen({ host: '127.0.0.1', port: 0 })
  expect(port).toBeGreaterThan(0)

  const lines: string[] = []
  let told = (): void => {}
  const print = (...values: unknown[]): void => {
    lines.push(values.map((one) => (typeof one === 'string' ? one : inspect({ ...(one as object) }))).join(' '))
    told()
  }
  const printed = new Promise<void>((resolve) => {
    told = resolve
  })
  const messageOf = (act: () => unknown): string => {
    try {
      return String(act())
    } catch (error) {
      return (error as Error).message
    }
  }
  {
    const print = (title: string, code: unknown, text: unknown): void => {
      lines.push(`${title} ${code} ${text}`)
      told()
    }
    // biome-ignore format: as the page has it
    const greeter = new GreeterClient('discovery:///greeter', credentials.createInsecure(), govern(rt, 'greeter'))
    greeter.SayHello({ name: 'Ada' }, (error, reply) => print('SayHello', error?.code, reply?.message))
    await printed
  }
  const answer = await rt.client('greeter').call({ method: 'test.Greeter/Count', body: { name: 'Ada', times: 3 } })
  for await (const reply of answer.body as MessageStream) print('Count', reply)
  const names = [{ name: 'Ada' }, { name: 'Grace' }]
  const sum = await rt.client('greeter').call({ method: 'test.Greeter/Sum', body: names })
  print('Sum', sum.body)
  const connect = createClient(Greeter, connectTransport(rt, 'greeter')) as unknown as GreeterOfConnect
  print('Connect', (await connect.sayHello({ name: 'Grace' })).message)
  const config = fromServiceConfig(
    {
      methodConfig: [
        {
          name: [{ service: 'test.Greeter' }],
          timeout: '2s',
          retryPolicy: {
            maxAttempts: 3,
            initialBackoff: '0.05s',
            maxBackoff: '1s',
            backoffMultiplier: 2,
            retryableStatusCodes: ['UNAVAILABLE'],
          },
        },
      ],
      retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
      loadBalancingConfig: [{ round_robin: {} }],
    },
    'greeter',
  )
  print(JSON.stringify(config.targets))
  print(messageOf(() => fromServiceConfig({ loadBalancingConfig: [{ grpclb: {} }] }, 'greeter')))
  print(messageOf(() => fromServiceConfig({ methodConfig: [{ name: [{}], timeout: '2m' }] }, 'greeter')))
  expect(lines).toEqual(piecesOf('text').flatMap((piece) => piece.split('\n')))
})

it('every piece of code is the one that is run', async () => {
  const self = (await readFile(new URL(import.meta.url), 'utf8')).replaceAll(/^ +/gm, '')
  expect(piecesOf('ts').length).toBe(6)
  for (const piece of piecesOf('ts')) expect(self).toContain(piece.replaceAll(/^ +/gm, ''))
})

it('every option of grpc() is in the README', () => {
  const { properties } = jsonSchemaOf(GRPC_OPTIONS, { title: 'grpc' } as never) as unknown as { properties: object }
  for (const name of Object.keys(properties)) expect(readme).toContain(`| \`${name}\` |`)
})
