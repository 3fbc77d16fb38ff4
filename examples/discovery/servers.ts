// The server processes. They are killed by what is kept of them, however this process ends; should it be killed itself,
// they notice that their parent is gone.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { RegistryAddress } from './registries.ts'
import { serveRegistration } from './registry-of-parent.ts'

export interface ServerProcess {
  readonly id: string
  /** When the registry had taken it. */
  readonly registered: Promise<number>
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void
}

const children = new Set<ChildProcess>()

export function startServer(id: string, registry: RegistryAddress): ServerProcess {
  const program = new URL('server.ts', import.meta.url)
  const child = fork(program, [id, JSON.stringify(registry)], { execArgv: ['-C', '@seakeep/source', '--no-warnings'] })
  children.add(child)
  child.once('exit', () => children.delete(child))
  if (registry.kind === 'memory') serveRegistration(child)
  const registered = new Promise<number>((resolve, reject) => {
    child.on('message', ({ type }: { readonly type?: string }) => {
      if (type === 'instanceRegistered') resolve(performance.now())
    })
    child.once('exit', (code) => reject(new Error(`server ${id} ended with ${code} before it was registered`)))
  })
  registered.catch(() => {})
  return { id, registered, signal: (name) => void child.kill(name) }
}

/** SIGKILL for all, also for one that is stopped. */
export async function stopServers(): Promise<void> {
  await Promise.all(
    [...children].map((child) => {
      child.kill('SIGKILL')
      return once(child, 'exit')
    }),
  )
}

process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
