// The example runs to its end with each registry, where all that it asserts has held.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { describeReal } from '../../tools/real-servers/index.ts'

const RUNNER = fileURLToPath(new URL('../../tools/example.ts', import.meta.url))

function runs(registry: string): void {
  it(`pnpm example hello-grpc-consul --registry ${registry}`, { timeout: 120_000 }, async () => {
    const args = ['-C', '@seakeep/source', RUNNER, 'hello-grpc-consul', '--registry', registry]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 110_000 })
    expect(stdout).toMatch(/^Hello world, says greeter-[123]$/m)
    expect(stdout).toContain('nobody went without')
  })
}

describe('in memory', () => runs('memory'))
describeReal('consul', 'in Consul', () => runs('consul'))
describeReal('etcd', 'in etcd', () => runs('etcd'))

it('says which registries there are', async () => {
  const args = ['-C', '@seakeep/source', RUNNER, 'hello-grpc-consul', '--registry', 'zookeeper']
  const failed = await promisify(execFile)(process.execPath, args).catch((error: unknown) => error)
  expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('memory, consul, etcd') })
})
