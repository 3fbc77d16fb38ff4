// The whole way: a runtime that is given nothing but the module.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createRuntime } from '@seakeep/core'
import { type AdapterPorts, type Lock, type PolicySource, type Registry, Tokens } from '@seakeep/core/spi'
import { Container } from 'inversify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeReal, type RealServer, startConsul } from '../../../tools/real-servers/index.ts'
import { consul } from '../src/index.ts'
import { instance, register, registryAt, seen, testPorts } from './agent.ts'

describeReal('consul', 'a runtime with consul()', () => {
  let agent: RealServer
  beforeAll(async () => {
    agent = await startConsul({ dev: true })
  })
  afterAll(() => agent[Symbol.asyncDispose]())

  it('runs the program of the README', async () => {
    const registry = registryAt({ address: agent.address })
    await register(registry, instance('payments#1', { service: 'payments' }))
    const program = new URL('readme-program.ts', import.meta.url).pathname
    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, ['-C', '@seakeep/source', program, agent.address])
    expect(stdout).toBe('200 1\n')
    registry.close()
  })

  it('binds a registry and locks always, and a policy source where there is a key', async () => {
    const ports: AdapterPorts = testPorts()
    for (const policies of [undefined, 'seakeep/policies']) {
      const container = new Container()
      await container.loadAsync(consul({ address: agent.address, ...(policies === undefined ? {} : { policies }) }))
      const bound: (Registry | Lock | PolicySource)[] = [
        ...container.getAll(Tokens.registry).map((open) => open(ports)),
        container.get(Tokens.lock)(ports),
      ]
      expect(container.isBound(Tokens.policySource)).toBe(policies !== undefined)
      if (policies !== undefined) bound.push(container.get(Tokens.policySource)(ports))
      expect(bound.map(({ name }) => name)).toEqual(
        ['consul', 'consul', 'consul seakeep/policies'].slice(0, bound.length),
      )
      for (const one of bound) one.close()
    }
  })

  it('follows a service, and leaves nothing open when it is closed', async () => {
    const registry = registryAt({ address: agent.address, goodbye: 0 })
    const rt = await createRuntime({
      service: 'x',
      policies: { version: 1 },
      modules: [consul({ address: agent.address })],
    })
    const cell = rt.endpoints('followed')
    await register(registry, instance('f', { service: 'followed' }))
    await seen(() => cell.value.endpoints.length === 1)
    await rt.close()
    registry.close()
  })
})
