// What every real server has in common: one process on ports and a data folder that outlive it.
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { findServer, type ServerName } from './find-server.ts'
import { RealProcess } from './real-process.ts'

export interface RealServer extends AsyncDisposable {
  /** `http://127.0.0.1:port` of Consul's HTTP API, `127.0.0.1:port` of etcd's client API. */
  readonly address: string
  readonly host: string
  readonly port: number
  /** What a client needs for TLS, in PEM; absent where the server speaks none. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string }
  /** Process id; after an exit that of the process that was. */
  readonly pid: number
  /** SIGTERM, and SIGKILL if that takes 2 s. The data stays until the disposal. */
  stop(): Promise<void>
  /** SIGKILL; resolves once the process is gone. The data stays. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay open, nobody answers. */
  pause(): void
  /** SIGCONT. */
  resume(): void
  /**
   * Stops the server if it runs and starts it on the same ports, with its data or, `fresh`, with none. Resolves once it is
   * ready, for which a member of a cluster needs a majority: members that are all down are restarted at once.
   */
  restart(options?: { readonly fresh?: boolean }): Promise<void>
}

export interface ServerPlan {
  readonly server: ServerName
  readonly address: string
  readonly port: number
  /** Arguments of the process, given its data folder and the folder of `files`. */
  readonly args: (data: string, folder: string) => readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly tls?: NonNullable<RealServer['tls']>
  readonly ready: () => Promise<boolean>
}

export const HOST = '127.0.0.1'

/** What several servers write in a test, etcd's log that is allocated ahead included. */
const ROOM_BYTES = 4 * 2 ** 30

/**
 * Memory where there is plenty of it: servers wait for the disk to confirm each write, and what a busy disk adds to the
 * time of a lease is not what is tested.
 */
async function placeOfData(): Promise<string> {
  try {
    const { bavail, bsize } = await statfs('/dev/shm')
    return bavail * bsize > ROOM_BYTES ? '/dev/shm' : tmpdir()
  } catch {
    return tmpdir()
  }
}

/** Starts the server; throws where there is no binary. */
export async function startServer(plan: ServerPlan): Promise<RealServer> {
  const found = await findServer(plan.server)
  if ('missing' in found) throw new Error(found.missing)
  const folder = await mkdtemp(join(await placeOfData(), `seakeep-${plan.server}-`))
  const data = join(folder, 'data')
  const remove = () => rm(folder, { recursive: true, force: true })
  const running = new RealProcess(found.path, plan.args(data, folder), folder)
  try {
    await mkdir(data, { mode: 0o700 })
    for (const [name, text] of Object.entries(plan.files ?? {})) await writeFile(join(folder, name), text)
    await running.start(plan.ready)
  } catch (error) {
    await remove()
    throw error
  }
  return {
    address: plan.address,
    host: HOST,
    port: plan.port,
    ...(plan.tls && { tls: plan.tls }),
    get pid() {
      return running.pid
    },
    stop: () => running.stop(),
    kill: () => running.kill(),
    pause: () => running.signal('SIGSTOP'),
    resume: () => running.signal('SIGCONT'),
    async restart({ fresh = false } = {}) {
      await running.stop()
      if (fresh) {
        await rm(data, { recursive: true })
        await mkdir(data, { mode: 0o700 })
      }
      await running.start(plan.ready)
    },
    async [Symbol.asyncDispose]() {
      await running.kill()
      await remove()
    },
  }
}

/** Starts what needs free ports again when somebody else was faster to take one of them. */
export async function retryPorts<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start()
    } catch (error) {
      if (attempt === 3 || !/address already in use/i.test((error as Error).message)) throw error
    }
  }
}

/** Whether this URL answers 200 with a body that passes; on a connection that stays behind for nobody to count. */
export async function answers(url: string, passes: (body: string) => boolean): Promise<boolean> {
  const request = get(url, { agent: false, signal: AbortSignal.timeout(1_000) })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response.statusCode === 200 && passes(await text(response))
}
