// A server under governance on a free port of the loopback, and ways to call it.
import { createServer, type RequestListener, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import {
  Admission,
  type AttachedServer,
  type InboundPolicy,
  NO_EVENTS,
  realClock,
  SeededRandom,
} from '@seakeep/core/spi'
import { Agent, request } from 'undici'
import { HttpServerAdapter } from '../src/http-server-adapter.ts'

export const clock = realClock()
export const NO_LIMITS: InboundPolicy = { rateLimit: undefined, concurrency: undefined }
const served: Served[] = []

export async function disposeServed(): Promise<void> {
  for (const one of served.splice(0)) await one.dispose()
}

/** A server under governance, on a free port of the loopback, with an agent of its own to call it. */
export class Served {
  readonly server: Server
  readonly admission: Admission
  readonly attached: AttachedServer
  readonly agent: Agent = new Agent()
  isReady = true
  url = ''

  static async of(limits: InboundPolicy, listener: RequestListener): Promise<Served> {
    const one = new Served(limits, listener)
    served.push(one)
    await new Promise<void>((resolve, reject) => {
      one.attached.listen({ host: '127.0.0.1', port: 0 }, (result) => {
        if (result instanceof Error) return reject(result)
        one.url = `http://${result.host}:${result.port}`
        resolve()
      })
    })
    return one
  }

  private constructor(limits: InboundPolicy, listener: RequestListener) {
    this.server = createServer(listener)
    this.admission = new Admission(limits, clock)
    const adapter = new HttpServerAdapter({ clock, random: new SeededRandom(1), events: NO_EVENTS })
    const self = this
    this.attached = adapter.attach(this.server, {
      admission: this.admission,
      get isReady() {
        return self.isReady
      },
    })
  }

  async get(path = '/', headers: Record<string, string> = {}): Promise<Got> {
    const answer = await request(this.url + path, { dispatcher: this.agent, headers })
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
  }

  close(graceMs: number): Promise<void> {
    return new Promise((resolve) => this.attached.close(graceMs, resolve))
  }

  async dispose(): Promise<void> {
    await this.agent.destroy()
    this.server.closeAllConnections()
    await this.close(0)
  }
}

export interface Got {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
}

/** A listener whose requests are answered by hand. */
export function byHand(): { readonly listener: RequestListener; next(): Promise<(text: string) => void> } {
  const begun: ((text: string) => void)[] = []
  const waiting: ((answer: (text: string) => void) => void)[] = []
  return {
    listener: (_request, response) => {
      const answer = (text: string): void => void response.end(text)
      const taker = waiting.shift()
      if (taker === undefined) begun.push(answer)
      else taker(answer)
    },
    next: () => {
      const answer = begun.shift()
      return answer === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(answer)
    },
  }
}

export function raw(port: number, host: string, text: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      if (text === '') resolve(socket)
      else socket.write(text, () => resolve(socket))
    })
    socket.on('error', reject)
  })
}

export function allOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (piece) => {
      text += piece
    })
    socket.on('close', () => resolve(text))
  })
}
