import { type ChildProcess, fork } from 'node:child_process'

export interface FarProcess extends Disposable {
  readonly ports: readonly number[]
}

/** Starts a server process and waits for the ports it sends. */
export function startFarProcess(script: URL): Promise<FarProcess> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(script)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${script.pathname} ended with ${code}`)))
    child.once('message', (ports) => {
      resolve({ ports: ports as number[], [Symbol.dispose]: () => void child.kill('SIGTERM') })
    })
  })
}
