// A process of a server that dies with the process that started it, however that dies. A shell in a session of its own
// reads from a pipe we hold: a line says that the server is gone, the pipe's end that we are.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const READY_MS = 30_000
const POLL_MS = 20
/** SIGTERM has this long until SIGKILL. */
const STOP_MS = 2_000

const WATCHDOG =
  'read -r _ && exit; kill -KILL "$1"; for _ in 1 2 3 4 5; do sleep 0.1; kill -0 "$1" 2>/dev/null || break; done; rm -rf "$2"'

export class RealProcess {
  readonly #binary: string
  readonly #args: readonly string[]
  /** Removed by the watchdog; its file `log` takes the output. */
  readonly #folder: string
  #child: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()

  constructor(binary: string, args: readonly string[], folder: string) {
    this.#binary = binary
    this.#args = args
    this.#folder = folder
  }

  /** That of the last one started. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves once `ready` says so; throws with the end of the log if the process exits first, or after 30 s. */
  async start(ready: () => Promise<boolean>): Promise<void> {
    const log = openSync(this.#log, 'w')
    const child = spawn(this.#binary, this.#args, { cwd: this.#folder, stdio: ['ignore', log, log] })
    closeSync(log)
    this.#child = child
    if (child.pid === undefined) {
      await new Promise((_, reject) => child.once('error', reject))
      return
    }
    const dismiss = watch(child.pid, this.#folder)
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => {
        dismiss()
        resolve()
      })
    })
    const giveUp = Date.now() + READY_MS
    // Should somebody else be on its port, `ready` speaks of that one: ours has exited then.
    while (!((await ready().catch(() => false)) && this.running)) {
      if (this.running && Date.now() < giveUp) {
        await sleep(POLL_MS)
        continue
      }
      const why = this.running ? 'is not ready' : `exited (${child.exitCode ?? child.signalCode})`
      await this.kill()
      throw new Error(`${this.#binary} ${why}: ${(await readFile(this.#log, 'utf8')).slice(-2_000)}`)
    }
  }

  async stop(): Promise<void> {
    if (!this.running) return
    const child = this.#child
    const late = setTimeout(() => child?.kill('SIGKILL'), STOP_MS)
    child?.kill('SIGTERM')
    // One that is paused gets no SIGTERM.
    child?.kill('SIGCONT')
    await this.#exited
    clearTimeout(late)
  }

  async kill(): Promise<void> {
    if (this.running) this.#child?.kill('SIGKILL')
    await this.#exited
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    if (!this.running) throw new Error(`${name}: ${this.#binary} does not run`)
    this.#child?.kill(name)
  }

  get #log(): string {
    return `${this.#folder}/log`
  }
}

/** Starts the watchdog; what it gives back sends it home. */
function watch(pid: number, folder: string): () => void {
  const dog = spawn('sh', ['-c', WATCHDOG, 'watchdog', String(pid), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  dog.unref()
  const line = dog.stdin as Socket
  line.unref()
  line.on('error', () => {})
  return () => line.end('gone\n')
}
