// The program runs to its end, where all that it asserts has held: goodput, and changes seen within a second.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { describeReal } from '../../tools/real-servers/index.ts'

const RUNNER = fileURLToPath(new URL('../../tools/example.ts', import.meta.url))

async function story(...options: string[]): Promise<string> {
  const args = ['-C', '@seakeep/source', RUNNER, 'discovery', ...options]
  return (await promisify(execFile)(process.execPath, args)).stdout
}

it('pnpm example discovery', async () => {
  const told = await story()
  expect(told).toContain('client knows quotes-4')
  expect(told).toContain('client drops quotes-1')
  expect(told).toContain('The goodput stayed at 99.9 % or above')
})

for (const registry of ['consul', 'etcd'] as const) {
  describeReal(registry, `pnpm example discovery --registry ${registry}`, () => {
    it('goes on while the registry is killed, and knows who came meanwhile', async () => {
      const told = await story('--registry', registry)
      expect(told).toContain('its last list stands')
      expect(told).toMatch(new RegExp(`${registry} is back.*client knows quotes-5`, 's'))
      expect(told).toContain('The goodput stayed at 99.9 % or above')
    })
  })
}
