import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importPackage, openPlace } from './node-policy-place.ts'

let cwd = ''
/** A project whose own packages give back what they were opened with. */
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-place-'))
  const exports = { 'registry-consul': 'openConsulStore', 'registry-etcd': 'openEtcdStore' }
  for (const [name, open] of Object.entries(exports)) {
    const folder = join(cwd, 'node_modules', '@seakeep', name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "type": "module", "exports": "./index.js" }')
    writeFileSync(join(folder, 'index.js'), `export const ${open} = (...given) => ({ given })`)
  }
})
afterAll(() => rmSync(cwd, { recursive: true }))

async function given(place: string, env: Readonly<Record<string, string>> = {}): Promise<readonly unknown[]> {
  return ((await openPlace(place, cwd, env)) as unknown as { given: readonly unknown[] }).given
}

test('the user’s own package opens a place, with what the environment says of who asks', async () => {
  const [url, ports, options] = await given('consul://c:8500/seakeep/policies', { CONSUL_HTTP_TOKEN: 'secret' })
  expect(String(url)).toBe('consul://c:8500/seakeep/policies')
  expect(Object.keys(ports as object)).toEqual(['clock', 'random', 'events'])
  expect(options).toEqual({ token: 'secret' })
  expect((await given('consuls://c/p'))[2]).toEqual({})
})

test.each([
  ['etcd://e:2379,f:2379/p', {}, 'etcd://e:2379,f:2379/p'],
  ['etcd://e:2379/p', { ETCDCTL_USER: 'ann:s@cret' }, 'etcd://ann:s%40cret@e:2379/p'],
  ['etcd://e:2379/p', { ETCDCTL_USER: 'ann', ETCDCTL_PASSWORD: 'x' }, 'etcd://ann:x@e:2379/p'],
  ['etcd://bob:y@e:2379/p', { ETCDCTL_USER: 'ann:x' }, 'etcd://bob:y@e:2379/p'],
])('%s with %j is opened as %s', async (place, env, opened) => {
  expect((await given(place, env))[0]).toBe(opened)
})

test('anything else is a file, or refused', async () => {
  const store = await openPlace('live.yaml', cwd, {})
  expect(store.name).toBe(join(cwd, 'live.yaml'))
  expect(await store.read()).toBeUndefined()
  store.close()
  await expect(openPlace('etdc://e/p', cwd, {})).rejects.toThrow(
    'etdc://e/p is no place; a file, consul://host:port/key or etcd://host:port/key; did you mean etcd?',
  )
  await expect(openPlace('consul://:8500:x/p', cwd, {})).rejects.toThrow('is no place; consul://host:port/key')
})

test('a package that does not go with this version says so', async () => {
  const folder = join(cwd, 'old', 'node_modules', '@seakeep', 'registry-etcd')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "exports": "./index.js" }')
  writeFileSync(join(folder, 'index.js'), 'export const other = 1')
  await expect(openPlace('etcd://e:2379/p', join(cwd, 'old'), {})).rejects.toThrow(
    'the installed @seakeep/registry-etcd has no openEtcdStore',
  )
})

test('a package that is not there is named, with how to get it', async () => {
  await expect(importPackage('@seakeep/registry-none', cwd)).rejects.toThrow(
    'this place needs the package @seakeep/registry-none, which is not installed; npm install @seakeep/registry-none',
  )
})
