import { describe, expect, it } from 'vitest'
import { type CreateRuntimeOptions, createRuntime } from './create-runtime.ts'
import { memoryRegistry } from './memory-registry-module.ts'

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
})
