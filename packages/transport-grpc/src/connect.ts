// The door for Connect: a Transport over the runtime. Apart from the package's own, since it needs Connect's packages.
import { Buffer } from 'node:buffer'
import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError, type StreamResponse, type Transport, type UnaryResponse } from '@connectrpc/connect'
import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { isAttemptError, type Runtime } from '@seakeep/core'
import { type CallOutcome, type CallSink, type Cancel, NO_DEADLINE, requestScope } from '@seakeep/core/spi'
import { headersOf } from './answer-headers.ts'
import type { GovernOptions } from './governed-channel.ts'
import type { MessageStream } from './message-stream.ts'
import { kindOf, type MethodKind, UNARY } from './method-kind.ts'
import { fieldsOf, textOf } from './protobuf-fields.ts'
import { type StubAnswer, StubRequest } from './stub-request.ts'
import { stubStatusOf, stubStatusOfError } from './stub-status.ts'

type HeadersGiven = ConstructorParameters<typeof Headers>[0]

export type { GovernOptions } from './governed-channel.ts'

/**
 * A service as a transport for Connect's clients: their calls, unary and streaming, are governed calls of the runtime over
 * gRPC.
 *
 * ```ts
 * const inventory = createClient(InventoryService, connectTransport(rt, 'inventory'))
 * ```
 */
export function connectTransport(runtime: Runtime, service: string, options: GovernOptions = {}): Transport {
  const { clock } = runtime

  function begin(
    method: DescMethod,
    kind: MethodKind,
    body: unknown,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeadersGiven,
  ): Promise<StubAnswer> {
    const { idempotent = true, key, priority } = options
    const name = `${method.parent.typeName}/${method.name}`
    const scope = requestScope.current()
    const own = timeoutMs === undefined || timeoutMs <= 0 ? NO_DEADLINE : clock.now() + timeoutMs
    const deadlineMs = Math.min(own, scope?.deadlineMs ?? NO_DEADLINE)
    const request = new StubRequest(name, kind, body, metadataOf(header))
    return new Promise((resolve, reject) => {
      const call = new ConnectCall(service, resolve, reject, signal)
      call.start(() =>
        runtime.start(
          service,
          request,
          {
            deadlineMs,
            key,
            priority: priority ?? scope?.priority,
            idempotent: typeof idempotent === 'function' ? idempotent(name) : idempotent,
            parentAttempt: scope?.attempt,
          },
          call,
        ),
      )
    })
  }

  return {
    async unary(method, signal, timeoutMs, header, input) {
      const bytes = toBinary(method.input, create(method.input, input))
      const answer = await begin(method, UNARY, bytes, signal, timeoutMs, header)
      return {
        stream: false,
        service: method.parent,
        method,
        header: headersIn(answer.metadata),
        trailer: headersIn(answer.trailers),
        message: fromBinary(method.output, answer.body as Uint8Array),
      } as UnaryResponse<typeof method.input, typeof method.output>
    },
    async stream(method, signal, timeoutMs, header, input) {
      const kind = kindOf({
        requestStream: method.methodKind !== 'server_streaming',
        responseStream: method.methodKind !== 'client_streaming',
      })
      const messages = written(method.input, input)
      const body = kind.requestStream ? messages : (await messages.next()).value
      const answer = await begin(method, kind, body, signal, timeoutMs, header)
      const trailer = new Headers()
      return {
        stream: true,
        service: method.parent,
        method,
        header: headersIn(answer.metadata),
        trailer,
        message: readOf(method.output, answer, trailer),
      } as StreamResponse<typeof method.input, typeof method.output>
    },
  }
}

/** One call, from its start to the promise of its answer. */
class ConnectCall implements CallSink {
  readonly #service: string
  readonly #resolve: (answer: StubAnswer) => void
  readonly #reject: (error: ConnectError) => void
  readonly #signal: AbortSignal | undefined
  #onAbort: (() => void) | undefined = undefined
  #isOver = false

  constructor(
    service: string,
    resolve: (answer: StubAnswer) => void,
    reject: (error: ConnectError) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#service = service
    this.#resolve = resolve
    this.#reject = reject
    this.#signal = signal
  }

  start(start: () => Cancel): void {
    const signal = this.#signal
    if (signal?.aborted === true) return this.#reject(ConnectError.from(signal.reason, Code.Canceled))
    let cancel: Cancel
    try {
      cancel = start()
    } catch (error) {
      return this.#reject(errorOf(stubStatusOfError(error), error))
    }
    if (signal === undefined || this.#isOver) return
    this.#onAbort = () => cancel('cancelled')
    signal.addEventListener('abort', this.#onAbort)
  }

  commit(answer: unknown): void {
    this.#resolve(answer as StubAnswer)
  }

  settle(outcome: CallOutcome): void {
    this.#isOver = true
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort)
    const isGood = outcome.isAnswered && outcome.ending === 'ok' && (outcome.status ?? 200) < 400
    if (isGood && outcome.error === undefined) this.#resolve(outcome.value as StubAnswer)
    else this.#reject(errorOf(stubStatusOf(outcome, this.#service), outcome.error))
  }
}

async function* written<I extends DescMessage>(
  schema: I,
  input: AsyncIterable<MessageInitShape<I>>,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  for await (const message of input) yield toBinary(schema, create(schema, message))
}

async function* readOf<O extends DescMessage>(
  schema: O,
  answer: StubAnswer,
  trailer: Headers,
): AsyncGenerator<MessageShape<O>, void, undefined> {
  if (answer.body instanceof Uint8Array) yield fromBinary(schema, answer.body)
  else {
    try {
      for await (const bytes of answer.body as MessageStream) yield fromBinary(schema, bytes as Uint8Array)
    } catch (error) {
      if (error instanceof ConnectError) throw error
      throw errorOf(stubStatusOfError(isAttemptError(error) ? (error.cause ?? error) : error), error)
    }
  }
  copy(answer.trailers, trailer)
}

function metadataOf(header: HeadersGiven): Metadata {
  const metadata = new Metadata()
  for (const [name, value] of new Headers(header)) {
    if (!name.endsWith('-bin')) metadata.set(name, value)
    else for (const one of value.split(',')) metadata.add(name, Buffer.from(one.trim(), 'base64'))
  }
  return metadata
}

function headersIn(metadata: Metadata | undefined): Headers {
  const headers = new Headers()
  copy(metadata, headers)
  return headers
}

function copy(metadata: Metadata | undefined, headers: Headers): void {
  const all = headersOf(metadata)
  for (const name in all) headers.set(name, all[name] as string)
}

/** Connect's codes are gRPC's numbers. */
function errorOf({ code, details, metadata }: StatusObject, cause: unknown): ConnectError {
  const error = new ConnectError(
    details,
    code === status.OK ? Code.Unknown : (code as number),
    undefined,
    undefined,
    cause,
  )
  copy(metadata, error.metadata)
  const [packed] = metadata.get('grpc-status-details-bin')
  if (packed !== undefined && typeof packed !== 'string') error.details = detailsIn(packed)
  return error
}

/** `google.rpc.Status` holds them in its third field, each an `Any`. */
function detailsIn(bytes: Uint8Array): ConnectError['details'] {
  const details: ConnectError['details'] = []
  for (const { number, bytes: any } of fieldsOf(bytes) ?? []) {
    if (number !== 3) continue
    const fields = fieldsOf(any) ?? []
    const url = textOf(fields.find((one) => one.number === 1)?.bytes ?? new Uint8Array())
    const value = fields.find((one) => one.number === 2)?.bytes ?? new Uint8Array()
    details.push({ type: url.slice(url.lastIndexOf('/') + 1), value })
  }
  return details
}
