// One instance of `orders` in a process of its own: its registry is the parent, told over IPC. It is loaded at once and
// listens when it is told to.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { flushCompileCache } from 'node:module'
import { createRuntime, type Instance } from '@seakeep/core'
import { after, type Registry, type RegistryAnswer, realClock, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'
import { http } from '../src/index.ts'

class ParentRegistry implements Registry {
  readonly name = 'parent'
  watch(): Disposable {
    return { [Symbol.dispose]: () => {} }
  }
  register(instance: Instance, _ttlMs: number, done: RegistryAnswer): void {
    process.send?.({ type: 'registered', instance }, () => done())
  }
  heartbeat(_instance: Instance, _ttlMs: number, done: RegistryAnswer): void {
    done()
  }
  deregister(instance: Instance, done: RegistryAnswer): void {
    process.send?.({ type: 'deregistered', instance }, () => done())
  }
  close(): void {}
}

const registry = new ContainerModule(({ bind }) => {
  bind(Tokens.registry).toConstantValue(() => new ParentRegistry())
})
const rt = await createRuntime({ service: 'orders', modules: [http(), registry] })
const clock = realClock()
const server = createServer((_message, response) => void after(clock, 5, () => void response.end('done')))
const served = rt
  .serve({ name: 'orders', id: process.argv[2] ?? 'orders', drain: { spread: '300ms', finish: '10s' } })
  .http(server)
const begin = once(process, 'message')
// For those that are started after it: what was compiled is there for them.
flushCompileCache()
process.send?.({ type: 'loaded' })
await begin
await served.listen({ host: '127.0.0.1', port: 0 })
process.on('SIGTERM', () => {
  void served.drain().then(async () => {
    await rt.close()
    process.exit(0)
  })
})
process.on('disconnect', () => process.exit(1))
