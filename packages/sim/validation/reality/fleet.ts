// The server processes of one run, and the list they write themselves into. They are killed by what is kept of them; should
// this process be killed itself, they notice that their parent is gone.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContainerModule } from 'inversify'
import { ToldRegistry } from './told-registry.ts'

export class Fleet implements AsyncDisposable {
  readonly #list = new ToldRegistry()
  readonly #children: ChildProcess[] = []
  #cache = ''

  /** Resolves when all serve. */
  static async start(servers: number, seed: number): Promise<Fleet> {
    const fleet = new Fleet()
    try {
      fleet.#cache = await mkdtemp(join(tmpdir(), 'seakeep-reality-'))
      // The first compiles for all.
      await fleet.#start(1, seed)
      await Promise.all(Array.from({ length: servers - 1 }, (_, i) => fleet.#start(i + 2, seed)))
    } catch (error) {
      await fleet[Symbol.asyncDispose]()
      throw error
    }
    return fleet
  }

  get registry(): ContainerModule {
    return this.#list.module
  }

  /** Its handlers take `addMs` longer from now on. */
  slow(server: number, addMs: number): void {
    this.#child(server).send({ slowMs: addMs })
  }

  kill(server: number): void {
    this.#child(server).kill('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    if (this.#cache !== '') await rm(this.#cache, { recursive: true, force: true })
  }

  #child(server: number): ChildProcess {
    const child = this.#children[server - 1]
    if (child === undefined) throw new Error(`there is no server ${server}`)
    return child
  }

  #start(number: number, seed: number): Promise<void> {
    const child = fork(new URL('server-process.ts', import.meta.url), [String(number), String(seed)], {
      execArgv: ['-C', '@seakeep/source', '--no-warnings'],
      env: { ...process.env, NODE_COMPILE_CACHE: this.#cache },
    })
    this.#children[number - 1] = child
    this.#list.follow(child)
    return new Promise((resolve, reject) => {
      child.on('message', (message: { readonly isReady?: boolean }) => message.isReady === true && resolve())
      child.once('exit', (code) => reject(new Error(`server ${number} ended with ${code} before it served`)))
    })
  }
}
