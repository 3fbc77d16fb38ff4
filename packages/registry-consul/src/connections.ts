import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { buildConnector, type Dispatcher, Pool } from 'undici'

/** The network, as the client sees it: the one port of this package. Nothing is told inside `send`. */
export interface Connections {
  /** Answers with what calls it off; then nothing is told. */
  send(request: HttpRequest, sink: HttpSink): () => void
  /** What is under way may end; nothing new is sent. `isHasty` calls it off. */
  close(isHasty: boolean): void
}

export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Bound of the answer's body. */
  readonly maxBytes: number
}

export interface HttpAnswer {
  readonly status: number
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export interface HttpSink {
  answer(answer: HttpAnswer): void
  /** The body grew over its bound; the connection is given up. */
  tooLarge(): void
  /** `isReset`: the other side ended the connection before a byte of an answer was read on it. */
  error(error: Error, isReset: boolean): void
}

const CALLED_OFF = new Error('the request was called off')

/**
 * At most `count` connections to one address, a request at a time on each; what comes more waits in line. Timeouts are
 * the client's, on the clock; only the one for connecting is undici's. They do not keep a process alive that has nothing
 * else to do, where `isBackground`.
 */
export function openConnections(
  origin: string,
  count: number,
  connectTimeoutMs: number,
  isBackground: boolean,
): Connections {
  const pool = new Pool(origin, {
    connections: count,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 60_000,
    allowH2: false,
    connect: connector(connectTimeoutMs, isBackground),
  })
  return {
    send(request, sink) {
      const exchange = new Exchange(request.maxBytes, sink)
      const { method, path, headers, body } = request
      pool.dispatch({ origin, method, path, headers, ...(body === undefined ? {} : { body }) }, exchange)
      return () => exchange.cancel()
    },
    close(isHasty) {
      if (isHasty) pool.destroy(CALLED_OFF, () => {})
      else pool.close(() => {})
    },
  }
}

function connector(timeout: number, isBackground: boolean): buildConnector.connector {
  const connect = buildConnector({ timeout, allowH2: false })
  if (!isBackground) return connect
  return (options, done) =>
    connect(options, (...args) => {
      const [error, socket] = args
      if (error === null) letGo(socket)
      done(...args)
    })
}

/** undici takes hold of the process for each request. */
function letGo(socket: Socket): void {
  socket.unref()
  socket.ref = () => socket
}

/** One request as undici's handler; tells once. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number
  readonly #sink: HttpSink
  readonly #chunks: Buffer[] = []
  #controller: Dispatcher.DispatchController | undefined = undefined
  #isOver = false
  #status = 0
  #headers: HttpAnswer['headers'] = {}
  #size = 0

  constructor(maxBytes: number, sink: HttpSink) {
    this.#maxBytes = maxBytes
    this.#sink = sink
  }

  cancel(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#controller?.abort(CALLED_OFF)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isOver) controller.abort(CALLED_OFF)
    else this.#controller = controller
  }

  onResponseStart(_controller: unknown, status: number, headers: HttpAnswer['headers']): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return
    this.#size += chunk.length
    this.#chunks.push(chunk)
    if (this.#size <= this.#maxBytes) return
    this.#isOver = true
    controller.abort(CALLED_OFF)
    this.#sink.tooLarge()
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    this.#isOver = true
    const body = Buffer.concat(this.#chunks, this.#size)
    this.#sink.answer({ status: this.#status, headers: this.#headers, body })
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#sink.error(error, isReset(error))
  }
}

function isReset(error: Error & { code?: string; socket?: { bytesRead?: number } | null }): boolean {
  const { code, socket } = error
  return (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE') && !(Number(socket?.bytesRead) > 0)
}
