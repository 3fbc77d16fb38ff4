// seakeep policy push, history, rollback and pull against the places there are: a real Consul, a real etcd.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PolicyStore } from '@seakeep/core/spi'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeReal, type RealServer, startConsul, startEtcd } from '../../../tools/real-servers/index.ts'
import { runCli } from '../src/cli/commands.ts'
import { openPlace } from '../src/cli/node-policy-place.ts'
import { type FakeIo, fakeIo } from './fake-run.ts'

const document = (timeout: string): string => `version: 1\ntargets: { a: { timeout: ${timeout} } }\n`

for (const [kind, start] of [
  ['consul', startConsul],
  ['etcd', startEtcd],
] as const) {
  describeReal(kind, `policy commands and a real ${kind}`, () => {
    let server: RealServer
    let cwd = ''
    let place = ''
    beforeAll(async () => {
      server = await start()
      place = `${kind}://${server.address.replace(/^http:\/\//, '')}/seakeep/policies`
      cwd = mkdtempSync(join(tmpdir(), 'seakeep-places-'))
      for (const timeout of ['1s', '2s', '3s']) writeFileSync(join(cwd, `${timeout}.yaml`), document(timeout))
    })
    afterAll(async () => {
      rmSync(cwd, { recursive: true })
      await server[Symbol.asyncDispose]()
    })

    const open = (one: string): Promise<PolicyStore> => openPlace(one, cwd, {})
    async function policy(...words: string[]): Promise<FakeIo['printed'] & { readonly code: number }> {
      return await policyAt(open, ...words)
    }
    async function policyAt(openPlace: FakeIo['openPlace'], ...words: string[]) {
      const io = fakeIo({ cwd, env: { USER: 'ann' }, openPlace, wallNow: () => Date.now() })
      return { code: await runCli(['policy', ...words], io), ...io.printed }
    }

    it('keeps what is pushed, with its history, and gives back an earlier one', async () => {
      expect(await policy('pull', '--from', place)).toMatchObject({ code: 2, err: expect.stringContaining('nothing') })
      expect(await policy('push', '1s.yaml', '--to', place, '-m', 'first')).toMatchObject({ code: 0, err: '' })
      expect(await policy('push', '2s.yaml', '--to', place)).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^a {2}timeout {2}1s -> 2s\n/),
      })
      expect((await policy('diff', place, '1s.yaml')).code).toBe(1)
      expect((await policy('rollback', '--at', place)).code).toBe(0)
      expect((await policy('pull', '--from', place)).out).toBe(document('1s'))
      expect((await policy('history', '--at', place)).out).toMatch(
        /^\* .* rollback to .*\n {2}.* ann\n {2}.* ann {2}first\n$/,
      )
    })

    it('lets one of two that push at a time win, and tells the other who was faster', async () => {
      // Both have read before either writes.
      const both = Promise.withResolvers<void>()
      let readers = 0
      const together = async (one: string): Promise<PolicyStore> => {
        const store = await open(one)
        return {
          name: store.name,
          watch: (sink) => store.watch(sink),
          write: (entry, expected) => store.write(entry, expected),
          history: (limit) => store.history(limit),
          close: () => store.close(),
          async read() {
            const there = await store.read()
            if (++readers === 2) both.resolve()
            await both.promise
            return there
          },
        }
      }
      const pushes = await Promise.all(
        ['2s', '3s'].map((timeout) => policyAt(together, 'push', `${timeout}.yaml`, '--to', place)),
      )
      expect(pushes.map(({ code }) => code).sort()).toEqual([0, 1])
      const lost = pushes.find(({ code }) => code === 1)
      expect(lost?.err).toMatch(/^seakeep: .*written by somebody else.*\n {2}there now: [0-9a-f]{16} {2}.*\n$/)
    })

    it('says in a sentence that a place cannot be reached', async () => {
      const { code, err } = await policy('history', '--at', `${kind}://127.0.0.1:1/seakeep/policies`)
      expect(code).toBe(2)
      expect(err).toMatch(/^seakeep: .*:\/\/127\.0\.0\.1:1\/seakeep\/policies cannot be used: .*ECONNREFUSED.*\n$/)
    })
  })
}
