import { Buffer } from 'node:buffer'
import { type Server, type ServerDuplexStream, status } from '@grpc/grpc-js'
import { bytesField, fieldsOf, numberField, textOf } from './protobuf-fields.ts'

export const REFLECTION_PREFIX = '/grpc.reflection.'

/** What is read of the definitions: proto-loader's have the files that they come from. */
type Definitions = Readonly<Record<string, unknown>>

/** Fields of `FileDescriptorProto`, and of the messages, enums and services in it. */
const [FILE_NAME, FILE_PACKAGE, FILE_DEPENDENCY, FILE_MESSAGE, FILE_ENUM, FILE_SERVICE] = [1, 2, 3, 4, 5, 6]
const [NAME, NESTED_MESSAGE, NESTED_ENUM, SERVICE_METHOD] = [1, 3, 4, 2]

interface Known {
  readonly files: ReadonlyMap<string, File>
  /** The file that defines a name: a service, a method, a message, an enum. */
  readonly symbols: ReadonlyMap<string, File>
  readonly services: readonly string[]
}

interface File {
  readonly name: string
  readonly bytes: Uint8Array
  readonly dependencies: readonly string[]
}

/**
 * Lets tools such as grpcurl ask a server what it serves: `grpc.reflection.v1` and `v1alpha` over the definitions that
 * proto-loader made, as `loadSync` returns them.
 *
 * ```ts
 * serveReflection(server, packageDefinition)
 * ```
 *
 * It answers for services, messages, enums and files; extensions are not looked for (NOT_FOUND).
 */
export function serveReflection(server: Server, ...definitions: readonly Definitions[]): void {
  const known = knownOf(definitions)
  for (const version of ['v1', 'v1alpha']) {
    server.register(
      `${REFLECTION_PREFIX}${version}.ServerReflection/ServerReflectionInfo`,
      (call: ServerDuplexStream<{ readonly bytes: Buffer }, Buffer>) => {
        call.on('data', ({ bytes }: { readonly bytes: Buffer }) => call.write(answerTo(bytes, known)))
        call.on('end', () => call.end())
      },
      (answer: Buffer) => answer,
      (bytes: Buffer) => ({ bytes }),
      'bidi',
    )
  }
}

/** `ServerReflectionResponse` for a `ServerReflectionRequest`: the question goes back with its answer. */
export function answerTo(request: Uint8Array, known: Known): Buffer {
  const fields = fieldsOf(request)
  const asked = fields?.findLast(({ number }) => number >= 3 && number <= 7)
  const text = asked === undefined ? '' : textOf(asked.bytes)
  const said =
    asked?.number === 3
      ? filesAnswer(known.files.get(text), known, text)
      : asked?.number === 4
        ? filesAnswer(known.symbols.get(text), known, text)
        : asked?.number === 7
          ? servicesAnswer(known)
          : errorAnswer(
              asked === undefined ? status.INVALID_ARGUMENT : status.NOT_FOUND,
              'there is nothing of the kind',
            )
  const host = fields?.find(({ number }) => number === 1)
  const valid = host === undefined ? [] : [bytesField(1, host.bytes)]
  return Buffer.concat([...valid, bytesField(2, request), said])
}

/** `file_descriptor_response`: the file and all it depends on. */
function filesAnswer(file: File | undefined, { files }: Known, asked: string): Uint8Array {
  if (file === undefined) return errorAnswer(status.NOT_FOUND, `${asked} is not known here`)
  const all = new Set<File>([file])
  for (const one of all) {
    for (const name of one.dependencies) {
      const next = files.get(name)
      if (next !== undefined) all.add(next)
    }
  }
  return bytesField(4, Buffer.concat(Array.from(all, ({ bytes }) => bytesField(1, bytes))))
}

function servicesAnswer({ services }: Known): Uint8Array {
  return bytesField(6, Buffer.concat(services.map((name) => bytesField(1, bytesField(1, name)))))
}

function errorAnswer(code: number, message: string): Uint8Array {
  return bytesField(7, Buffer.concat([numberField(1, code), bytesField(2, message)]))
}

export function knownOf(definitions: readonly Definitions[]): Known {
  const files = new Map<string, File>()
  const symbols = new Map<string, File>()
  const services: string[] = []
  const addNames = (message: Uint8Array, scope: string, file: File): void => {
    const fields = fieldsOf(message) ?? []
    const name = `${scope}${nameIn(fields)}`
    symbols.set(name, file)
    for (const { number, bytes } of fields) {
      if (number === NESTED_MESSAGE) addNames(bytes, `${name}.`, file)
      else if (number === NESTED_ENUM) symbols.set(`${name}.${nameIn(fieldsOf(bytes) ?? [])}`, file)
    }
  }
  for (const bytes of descriptorsIn(definitions)) {
    const fields = fieldsOf(bytes) ?? []
    const texts = (wanted: number | undefined): string[] =>
      fields.filter(({ number }) => number === wanted).map((one) => textOf(one.bytes))
    const [name = ''] = texts(FILE_NAME)
    if (files.has(name)) continue
    const file: File = { name, bytes, dependencies: texts(FILE_DEPENDENCY) }
    files.set(name, file)
    const [packageName = ''] = texts(FILE_PACKAGE)
    const scope = packageName === '' ? '' : `${packageName}.`
    for (const { number, bytes: defined } of fields) {
      if (number === FILE_MESSAGE) addNames(defined, scope, file)
      else if (number === FILE_ENUM) symbols.set(`${scope}${nameIn(fieldsOf(defined) ?? [])}`, file)
      else if (number === FILE_SERVICE) {
        const service = fieldsOf(defined) ?? []
        const full = `${scope}${nameIn(service)}`
        services.push(full)
        symbols.set(full, file)
        for (const one of service) {
          if (one.number === SERVICE_METHOD) symbols.set(`${full}.${nameIn(fieldsOf(one.bytes) ?? [])}`, file)
        }
      }
    }
  }
  return { files, symbols, services }
}

function nameIn(fields: readonly { readonly number: number; readonly bytes: Uint8Array }[]): string {
  const name = fields.find(({ number }) => number === NAME)
  return name === undefined ? '' : textOf(name.bytes)
}

/** Messages and methods' types bring the files that they need, each as its bytes. */
function* descriptorsIn(definitions: readonly Definitions[]): Generator<Uint8Array> {
  for (const all of definitions) {
    for (const one of Object.values(all)) {
      const { fileDescriptorProtos } = (one ?? {}) as { readonly fileDescriptorProtos?: readonly Uint8Array[] }
      if (Array.isArray(fileDescriptorProtos)) yield* fileDescriptorProtos
    }
  }
}
