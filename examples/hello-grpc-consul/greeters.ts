// The greeters' processes. They are killed by what is kept of them, however this process ends; should it be killed itself,
// they notice that their parent is gone.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { RegistryName, StartedRegistry } from './registries.ts'

export interface GreeterProcess {
  /** Resolves when it has registered itself, to when it began to listen, in milliseconds since 1970. */
  listen(): Promise<number>
  kill(): void
}

interface Told {
  readonly isReady?: boolean
  readonly listensAtMs?: number
  readonly isRegistered?: boolean
}

const children = new Set<ChildProcess>()

/** Resolves when it is loaded; it listens when it is told to. */
export async function startGreeter(
  name: string,
  kind: RegistryName,
  { address, list }: StartedRegistry,
): Promise<GreeterProcess> {
  const args = [name, kind, ...(address === undefined ? [] : [address])]
  const child = fork(new URL('greeter.ts', import.meta.url), args, { execArgv: ['-C', '@seakeep/source'] })
  children.add(child)
  list?.follow(child)
  const ended = once(child, 'exit').then(([code]): never => {
    children.delete(child)
    if (!child.killed) console.error(`${name} ended with ${code}`)
    throw new Error(`${name} ended with ${code}`)
  })
  ended.catch(() => {})
  const told = <T>(read: (told: Told) => T | undefined): Promise<T> => {
    const { promise, resolve } = Promise.withResolvers<T>()
    child.on('message', (message) => {
      const value = read(message as Told)
      if (value !== undefined) resolve(value)
    })
    return Promise.race([promise, ended])
  }
  await told(({ isReady }) => isReady)
  return {
    listen: async () => {
      const listening = told(({ listensAtMs }) => listensAtMs)
      const registered = told(({ isRegistered }) => isRegistered)
      child.send({ listen: true })
      await registered
      return listening
    },
    kill: () => {
      child.kill('SIGKILL')
    },
  }
}

export function stopGreeters(): void {
  for (const child of children) child.kill('SIGKILL')
}

process.once('exit', stopGreeters)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
