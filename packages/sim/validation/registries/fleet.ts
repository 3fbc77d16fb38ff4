// Instances of one service that answer real HTTP, each with a runtime of its own that registers it and keeps its lease.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRuntime, type Runtime } from '@seakeep/core'
import { http } from '@seakeep/transport-http'
import type { ContainerModule } from 'inversify'
import { quiet } from './quiet.ts'

export const SERVICE = 'orders'

const WORK_MS = 2

export class Fleet implements AsyncDisposable {
  readonly #registry: ContainerModule
  readonly #members = new Map<string, Member>()
  readonly #closing: Promise<unknown>[] = []
  #started = 0

  constructor(registry: ContainerModule) {
    this.#registry = registry
  }

  /** Those that serve and have not been asked to leave. */
  get living(): readonly string[] {
    return [...this.#members.keys()].sort()
  }

  /** Answers with the id of one that listens, and has begun to register. */
  async start(): Promise<string> {
    const id = `${SERVICE}-${++this.#started}`
    const server = createServer(async (_request, response) => {
      await sleep(WORK_MS)
      response.end('"done"')
    })
    const runtime = await createRuntime({ service: SERVICE, modules: [quiet(), http(), this.#registry] })
    const served = runtime.serve({ name: SERVICE, id, drain: { spread: '1s', finish: '2s' } }).http(server)
    await served.listen({ host: '127.0.0.1', port: 0 })
    this.#members.set(id, { runtime, drain: () => served.drain() })
    return id
  }

  /** The oldest says goodbye, and goes. Answers with its id at once. */
  leave(): string {
    const [oldest] = this.#members
    if (oldest === undefined) throw new Error('nobody is left')
    const [id, { runtime, drain }] = oldest
    this.#members.delete(id)
    this.#closing.push(drain().then(() => runtime.close()))
    return id
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#closing, ...[...this.#members.values()].map(({ runtime }) => runtime.close())])
  }
}

interface Member {
  readonly runtime: Runtime
  readonly drain: () => Promise<void>
}
