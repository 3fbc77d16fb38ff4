// The two server processes. They are killed by what is kept of them, however this process ends; should it be killed
// itself, they notice that their parent is gone.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

export interface ServerProcess {
  readonly name: string
  readonly port: number
  /** From here on each request takes it so long. */
  setWork(ms: number): Promise<void>
  kill(): void
}

const children = new Set<ChildProcess>()

export async function startServer(name: string): Promise<ServerProcess> {
  const child = fork(new URL('server.ts', import.meta.url), [name], { execArgv: ['-C', '@seakeep/source'] })
  children.add(child)
  const ended = once(child, 'exit').then(([code]) => {
    children.delete(child)
    throw new Error(`server ${name} ended with ${code} before it listened`)
  })
  const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }]
  ended.catch(() => {})
  return {
    name,
    port,
    setWork: async (ms) => {
      await fetch(`http://127.0.0.1:${port}/admin/work?ms=${ms}`)
    },
    kill: () => {
      child.kill('SIGKILL')
    },
  }
}

export function stopServers(): void {
  for (const child of children) child.kill('SIGKILL')
}

process.once('exit', stopServers)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
