// A real file under a real clock: the contract, and what editors, deployments and crashes do to files.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { parsePolicyText } from '../config/parse-text.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { policySourceContract } from '../testing/policy-source-contract.ts'
import { Following } from '../testing/policy-source-workbench.ts'
import { realClock } from '../time/real-clock.ts'
import { createRuntime } from './create-runtime.ts'
import { PolicyFile } from './node-policy-file.ts'
import { filePolicyStore } from './node-policy-store.ts'

const clock = realClock()
const folders: string[] = []
const closing: { close(): void }[] = []

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'seakeep-policies-'))
  folders.push(path)
  return path
}

afterEach(async () => {
  for (const one of closing.splice(0)) one.close()
  for (const path of folders.splice(0)) await rm(path, { recursive: true, force: true })
})

policySourceContract({ describe, it, expect }, 'a policy file', async () => {
  const dir = await folder()
  const path = join(dir, 'policies.yaml')
  let stands = path
  return {
    connect: () => new PolicyFile(path, clock),
    connectStore: () => filePolicyStore(path, clock),
    put: (text) => writeFile(stands, text),
    remove: () => rm(stands, { force: true }),
    pass: (ms) => sleep(ms),
    // The tenth of a second until it has settled, and room on a machine that does other things.
    seenWithinMs: 600,
    // What cannot be read is not what is missing: a folder stands in its place.
    interrupt: async () => {
      stands = join(dir, 'aside')
      await rename(path, stands)
      await mkdir(path)
      return {
        [Symbol.asyncDispose]: async () => {
          await rm(path, { recursive: true })
          await rename(stands, path)
          stands = path
        },
      }
    },
    close: async () => {},
  }
})

async function follow(path: string): Promise<Following> {
  const file = new PolicyFile(path, clock)
  closing.push(file)
  const following = new Following()
  file.watch(following)
  await until(() => following.words.length > 0)
  return following
}

async function until(condition: () => boolean): Promise<void> {
  for (const endMs = clock.now() + 3000; !condition() && clock.now() < endMs; ) await sleep(10)
  expect(condition()).toBe(true)
}

describe('a policy file', () => {
  it('is seen within half a second where the file system tells of changes', async () => {
    const path = join(await folder(), 'policies.yaml')
    await writeFile(path, 'a')
    const following = await follow(path)
    const beganMs = clock.now()
    await writeFile(path, 'b')
    await until(() => following.text === 'b')
    expect(clock.now() - beganMs).toBeLessThan(500)
  })

  it('that is half written is not told: a document cut in two may be a valid one', async () => {
    const path = join(await folder(), 'policies.yaml')
    await writeFile(path, 'version: 1')
    const following = await follow(path)
    for (let i = 0; i < 12; i++) {
      await writeFile(path, `version: 1\n${'# more\n'.repeat(i)}`)
      await sleep(40)
    }
    await writeFile(path, 'version: 1\ntargets: {}')
    await until(() => following.text === 'version: 1\ntargets: {}')
    expect(following.texts).toEqual(['version: 1', 'version: 1\ntargets: {}'])
  })

  it('that an editor replaces by renaming, or takes away for a moment, is a change and never missing', async () => {
    const dir = await folder()
    const path = join(dir, 'policies.yaml')
    await writeFile(path, 'a')
    const following = await follow(path)
    for (const text of ['b', 'c', 'd']) {
      await writeFile(join(dir, '.policies.yaml.swp'), text)
      await rename(join(dir, '.policies.yaml.swp'), path)
      await until(() => following.text === text)
    }
    await rename(path, `${path}~`)
    await writeFile(path, 'e')
    await until(() => following.text === 'e')
    expect(following.words.includes('missing')).toBe(false)
  })

  it('whose folder is a mounted ConfigMap follows the link that is turned', async () => {
    const dir = await folder()
    for (const name of ['one', 'two']) {
      await mkdir(join(dir, `..${name}`))
      await writeFile(join(dir, `..${name}`, 'policies.yaml'), name)
    }
    await symlink('..one', join(dir, '..data'))
    await symlink('..data/policies.yaml', join(dir, 'policies.yaml'))
    const following = await follow(join(dir, 'policies.yaml'))
    expect(following.text).toBe('one')
    await symlink('..two', join(dir, '..next'))
    await rename(join(dir, '..next'), join(dir, '..data'))
    await until(() => following.text === 'two')
    expect(following.texts).toEqual(['one', 'two'])
  })

  it('is found though its folder comes later, and again after the folder was replaced', async () => {
    const dir = join(await folder(), 'etc')
    const path = join(dir, 'policies.yaml')
    const following = await follow(path)
    expect(following.words).toEqual(['missing'])
    for (const text of ['a', 'b']) {
      await mkdir(dir)
      await writeFile(path, text)
      await until(() => following.text === text)
      await rm(dir, { recursive: true })
      await until(() => following.words.at(-1) === 'missing')
    }
  })
})

describe('createRuntime with the path of a file', () => {
  it('governs by it as it changes, and by the last good one where it is not valid', async () => {
    const path = join(await folder(), 'policies.yaml')
    const text = (timeout: string): string => `version: 1\ntargets: { orders: { timeout: ${timeout} } }\n`
    await writeFile(path, text('1s'))
    await using rt = await createRuntime({ service: 'web', policies: path })
    const first = rt.policies.value
    expect(first).toMatchObject({ source: path, hash: parsePolicyText(text('1s'), '').hash })
    const events: GovernanceEvent[] = []
    rt.events$.subscribe((event) => events.push(event))
    await writeFile(path, text('0s'))
    await until(() => rt.policies.value.rejected !== undefined)
    expect(rt.policies.value).toMatchObject({ hash: first.hash, revision: first.revision })
    await rm(path)
    await until(() => events.length === 2)
    await writeFile(path, text('2s'))
    await until(() => rt.policies.value.hash === parsePolicyText(text('2s'), '').hash)
    expect(rt.policies.value.rejected).toBe(undefined)
    expect(events.map(({ type }) => type)).toEqual(['policyRejected', 'policyRemoved', 'policyApplied'])
    expect(events[0]).toMatchObject({ name: path, error: { path: 'targets.orders.timeout' } })
  })

  it('rejects where it is missing or not valid, and says where', async () => {
    const path = join(await folder(), 'policies.yaml')
    await expect(createRuntime({ service: 'web', policies: path })).rejects.toThrow(`the file ${path} cannot be read`)
    await writeFile(path, 'version: 1\ntarget: {}')
    await expect(createRuntime({ service: 'web', policies: path })).rejects.toThrow(`(${path}:2:1)`)
  })

  it('does not keep a process from ending', async () => {
    const path = join(await folder(), 'policies.yaml')
    await writeFile(path, 'version: 1')
    const door = new URL('../index.ts', import.meta.url).href
    const program = `const { createRuntime } = await import(${JSON.stringify(door)})
      const rt = await createRuntime({ service: 'web', policies: ${JSON.stringify(path)} })
      console.log(rt.policies.value.hash)`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['-C', '@seakeep/source', '--input-type=module', '-e', program],
      { timeout: 20_000 },
    )
    expect(stdout.trim()).toBe(parsePolicyText('version: 1', '').hash)
  })
})

describe('a policy store in a file', () => {
  const entry = { hash: 'abc1', text: 'version: 1', atMs: 5, author: 'north' }

  it('keeps each push as a JSON file beside the document', async () => {
    const path = join(await folder(), 'policies.yaml')
    const store = filePolicyStore(path, clock)
    await store.write(entry, undefined)
    expect(await readdir(`${path}.history`)).toEqual(['00000001-abc1.json'])
    await writeFile(join(`${path}.history`, '00000002-def2.json'), '{}')
    await writeFile(join(`${path}.history`, 'notes.txt'), 'mine')
    await expect(store.history(5)).rejects.toThrow('00000002-def2.json is no entry of a history')
    await writeFile(join(`${path}.history`, '00000002-def2.json'), '{')
    await expect(store.history(5)).rejects.toThrow('00000002-def2.json cannot be read')
  })

  it('says which lock keeps it from writing, and leaves none behind', async () => {
    const dir = await folder()
    const path = join(dir, 'policies.yaml')
    const store = filePolicyStore(path, clock)
    await writeFile(`${path}.lock`, '')
    await expect(store.write(entry, undefined)).rejects.toThrow(
      `${path}.lock stands there; remove it if nobody is writing`,
    )
    await rm(`${path}.lock`)
    const { revision } = await store.write(entry, undefined)
    await expect(store.write(entry, undefined)).rejects.toThrow(`nothing was to be there, there is ${revision}`)
    expect((await readdir(dir)).sort()).toEqual(['policies.yaml', 'policies.yaml.history'])
  })
})
