import { ContainerModule } from 'inversify'
import { describe, expect, it } from 'vitest'
import { MemoryRegistry } from '../discovery/memory-registry.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { type CreateRuntimeOptions, createRuntime } from './create-runtime.ts'
import { memoryRegistry } from './memory-registry-module.ts'
import { Tokens } from './tokens.ts'

describe('createRuntime', () => {
  it.each([
    [undefined, 'missing; an object with service'],
    [{}, 'service: missing'],
    [{ service: 'a>b' }, 'service: "a>b" is not allowed'],
    // It governed nothing, and nobody noticed.
    [{ service: 'shop', polices: './policies.yaml' }, 'polices: unknown key; .*did you mean policies?'],
    [{ service: 'shop', policies: 5 }, 'policies: 5 is not allowed; the path of a policy document'],
    [{ service: 'shop', policies: { version: 1, target: {} } }, 'target: unknown key'],
    [{ service: 'shop', modules: memoryRegistry() }, 'modules: .* is not allowed; a list'],
    [{ service: 'shop', modules: [memoryRegistry] }, 'modules.0: .*is it a module that was not called'],
    [{ service: 'shop', modules: [{}] }, 'modules.0: an object is not allowed; a container module'],
  ])('refuses %j', async (options, message) => {
    const made = createRuntime(options as unknown as CreateRuntimeOptions)
    await expect(made).rejects.toMatchObject({ code: 'SEAKEEP_CONFIG', message: expect.stringMatching(message) })
  })

  it('takes a document as data', async () => {
    await using rt = await createRuntime({ service: 'shop', policies: { version: 1 }, modules: [memoryRegistry()] })
    expect(rt.service).toBe('shop')
  })

  // A registry that answered rubbish was a warning of the process, and nothing in the stream that people follow.
  it('tells what its adapters say in its own events, and the host once', async () => {
    const told: GovernanceEvent[] = []
    let misspeak: (() => void) | undefined
    const registry = new ContainerModule(async ({ bind, rebind }) => {
      ;(await rebind(Tokens.events)).toConstantValue({ emit: (event) => told.push(event) })
      bind(Tokens.registry).toConstantValue(({ clock, events }) => {
        misspeak = () => events.emit({ type: 'registryMisspoke', atMs: clock.now(), name: 'mine', why: 'rubbish' })
        return new MemoryRegistry(clock)
      })
    })
    await using rt = await createRuntime({ service: 'shop', policies: { version: 1 }, modules: [registry] })
    const followed: GovernanceEvent[] = []
    rt.events$.subscribe((event) => followed.push(event))
    misspeak?.()
    expect(followed).toMatchObject([{ type: 'registryMisspoke', name: 'mine' }])
    expect(told).toEqual(followed)
  })
})
