// Every law is shown to bite: a planted violation is found, and its lawful twin is not.
import { describe, expect, test } from 'vitest'
import { checkBoundaries } from './laws.ts'

/** The laws broken, each once a line. */
const laws = (files: Record<string, string>): string[] => {
  const found = checkBoundaries(new Map(Object.entries(files))).map(({ file, line, law }) => `${law} ${file}:${line}`)
  return [...new Set(found)]
}
const core = (path: string): string => `packages/core/src/${path}`
const sim = (path: string): string => `packages/sim/src/${path}`
const http = (path: string): string => `packages/transport-http/src/${path}`

describe('floors', () => {
  test.each([
    ['a concept imports its neighbour', 'breaking/a.ts', "import { x } from '../limiting/b.ts'"],
    ['type imports count', 'breaking/a.ts', "import type { X } from '../limiting/b.ts'"],
    ['so do inline types', 'breaking/a.ts', "export type Y = import('../limiting/b.ts').X"],
    ['re-exports count', 'telemetry/a.ts', "export * from '../transport/b.ts'"],
    ['dynamic imports count', 'call/a.ts', "const b = await import('../telemetry/b.ts')"],
    ['the ground floor looks up', 'time/a.ts', "import '../call/b.ts'"],
    ['a concept looks up', 'health/a.ts', "import '../config/b.ts'"],
    ['the data plane imports its neighbour', 'pipeline/a.ts', "import '../serving/b.ts'"],
    ['a room imports a door', 'runtime/a.ts', "import '../index.ts'"],
    ['a door imports a door', 'spi.ts', "import './testing/b.ts'"],
    ['an emitted name is no way round', 'breaking/a.ts', "import '../limiting/b.js'"],
  ])('%s', (_, from, text) => {
    const file = core(from)
    expect(laws({ [file]: text, [core('limiting/b.ts')]: 'export {}' })).toEqual([`floors ${file}:1`])
  })

  test('a room nobody gave a floor is found', () => {
    expect(laws({ [core('utils/a.ts')]: "import '../time/b.ts'" })).toEqual([`floors ${core('utils/a.ts')}:1`])
  })

  test('downwards, within a room and along the ground floor is free, and tests are exempt', () => {
    expect(
      laws({
        [core('breaking/a.ts')]: "import './b.ts'\nimport '../call/c.ts'\nimport '../time/d.ts'",
        [core('endpoint/a.ts')]: "import '../options/b.ts'",
        [core('index.ts')]: "export * from './runtime/a.ts'",
        [core('breaking/a.test.ts')]: "import '../limiting/b.ts'\nimport '../testing/index.ts'",
      }),
    ).toEqual([])
  })

  test('the kernel of the simulator knows nothing of services', () => {
    expect(laws({ [sim('kernel/a.ts')]: "import type { S } from '../model/b.ts'" })).toEqual([
      `floors ${sim('kernel/a.ts')}:1`,
    ])
    expect(laws({ [sim('model/a.ts')]: "import '../kernel/b.ts'" })).toEqual([])
  })
})

describe('circles', () => {
  test('of files, with types counted and tests too', () => {
    const found = checkBoundaries(
      new Map([
        [core('call/a.ts'), "import type { B } from './b.ts'"],
        [core('call/b.ts'), "export { C } from './c.test.ts'"],
        [core('call/c.test.ts'), "import './a.ts'"],
        [core('call/d.ts'), "import './a.ts'"],
      ]),
    )
    expect(found.map(({ law }) => law)).toEqual(['circle'])
    expect(found[0]?.message.split(' > ')).toHaveLength(4)
  })

  test('of rooms on the ground floor', () => {
    const found = checkBoundaries(
      new Map([
        [core('state/a.ts'), "import '../time/b.ts'"],
        [core('time/c.ts'), "import '../state/d.ts'"],
      ]),
    )
    expect(found).toMatchObject([{ law: 'circle', message: 'rooms time > state > time' }])
  })
})

describe('libraries and built-ins keep to their rooms', () => {
  test.each([
    ['inversify', core('breaking/breaker.ts'), core('breaking/breaker-module.ts'), "import 'inversify'"],
    ['inversify', sim('model/a.ts'), sim('running/a.ts'), "import type { Container } from 'inversify'"],
    ['inversify', http('http.ts'), http('http-module.ts'), "import 'inversify'"],
    ['rxjs', core('breaking/breaker.ts'), core('breaking/breaker-loop.ts'), "import 'rxjs'"],
    ['rxjs', core('pipeline/a.ts'), core('state/state-cell.ts'), "import type { Observable } from 'rxjs'"],
    ['rxjs', core('time/clock.ts'), core('time/clock-scheduler.ts'), "import 'rxjs'"],
    ['rxjs', core('config/a.ts'), core('telemetry/event-stream.ts'), "import 'rxjs/operators'"],
    ['node', core('runtime/a.ts'), core('runtime/node-a.ts'), "import 'node:async_hooks'"],
    ['node', core('runtime/a.ts'), core('runtime/node-a.ts'), "import 'fs'"],
    ['node', sim('kernel/drain.ts'), sim('kernel/node-drain.ts'), "import 'node:timers'"],
    ['node', sim('scenario/load.ts'), sim('scenario/node-load.ts'), "import 'node:fs'"],
    ['node', sim('model/a.ts'), sim('cli/a.ts'), "import 'node:fs'"],
  ])('%s not in %s but in %s', (law, bad, good, text) => {
    expect(laws({ [bad]: text })).toEqual([`${law} ${bad}:1`])
    expect(laws({ [good]: text })).toEqual([])
  })

  test('adapters are free to use built-ins', () => {
    expect(laws({ [http('http.ts')]: "import 'node:http'" })).toEqual([])
  })
})

describe('packages', () => {
  test.each([
    ['core knows no adapter', core('runtime/a.ts'), "import '@seakeep/transport-http'"],
    ['core knows no simulator, not even in tests', core('runtime/a.test.ts'), "import '@seakeep/sim'"],
    ['nor in its test folder', 'packages/core/test/a.test.ts', "import '@seakeep/sim'"],
    ['core does not go by its own door', core('runtime/a.ts'), "import '@seakeep/core'"],
    ['adapters do not know each other', http('a.ts'), "import type { Consul } from '@seakeep/registry-consul'"],
    ['adapters do not know the simulator', http('a.ts'), "import '@seakeep/sim'"],
    ['nor augment it', http('a.ts'), "declare module '@seakeep/sim' {}"],
    ['the simulator takes the doors', sim('model/a.ts'), "import '@seakeep/core/dist/call/call.js'"],
    ['the simulator knows no adapter', sim('model/a.ts'), "import '@seakeep/transport-http'"],
  ])('%s', (_, file, text) => {
    expect(laws({ [file]: text })).toEqual([`packages ${file}:1`])
  })

  test.each([http('a.ts'), sim('model/a.ts')])('the doors of core are open to %s', (file) => {
    const doors = ['@seakeep/core', '@seakeep/core/spi', '@seakeep/core/testing']
    expect(
      laws({ [file]: `${doors.map((door) => `import '${door}'`).join('\n')}\ndeclare module '@seakeep/core' {}` }),
    ).toEqual([])
  })

  test.each([sim('model/a.ts'), 'examples/hello/main.ts', 'bench/main.ts'])(
    '%s enters no package by its wall',
    (file) => {
      const up = '../'.repeat(file.split('/').length - 1)
      expect(laws({ [file]: `import '${up}packages/core/src/index.ts'` })).toEqual([`package-door ${file}:1`])
    },
  )
})

describe('ambient time, chance and process', () => {
  test.each([
    'const t = Date.now()',
    'const t = new Date()',
    'const t = Date()',
    'setTimeout(() => {}, 1)',
    'const later = setInterval',
    'setImmediate(run)',
    'queueMicrotask(run)',
    'const x = Math.random()',
    "const x = Math['random']()",
    'const { random } = Math',
    'const x = performance.now()',
    'const x = process.env.HOME',
    'const x = process?.env',
    'const { setTimeout } = globalThis',
    'globalThis.setTimeout(run, 1)',
    'global.process.exit()',
    "globalThis['Date'].now()",
    'const g = globalThis',
    'const x = globalThis[name]',
    'AbortSignal.timeout(5)',
    'const id = crypto.randomUUID()',
    'const x = { Date }',
    'const x = { at: Date }',
    'const x = (y = Date.now()) => y',
    'const x = Date.now() as number',
    'declare const process: { env: object }\nprocess.env',
    'function f(process: number) {}\nprocess.exit()',
  ])('%s', (text) => {
    const file = core('breaking/a.ts')
    expect(laws({ [file]: text })).toEqual([`ambient ${file}:${text.includes('\n') ? 2 : 1}`])
    expect(laws({ [core('time/real-clock.ts')]: text })).toEqual([])
  })

  test.each([
    'type T = ReturnType<typeof setTimeout>',
    'let d: Date',
    'interface P { process: number; Date(): void }',
    'const x = clock.Date',
    'const x = { process: 1, Date() {} }',
    'function f(process: { run(): void }) { process.run() }',
    'const f = ({ performance }: X) => performance.now()',
    'const setTimeout = clock.after\nsetTimeout(1)',
    "import { process } from './process.ts'\nprocess()",
    'class A { Date = 1; now() { return this.Date } }',
    'for (const process of all) process.step()',
    'try {} catch (performance) { log(performance) }',
    "// Date.now()\nconst x = 'Math.random()'",
    'const x = Math.max(1, 2)',
    "export { Date } from './date.ts'",
    'const f = globalThis.structuredClone',
  ])('free: %s', (text) => {
    expect(laws({ [core('breaking/a.ts')]: text })).toEqual([])
  })

  test.each([
    [core('random/seeded.ts'), core('random/system-random.ts')],
    [core('serving/load.ts'), core('serving/node-load.ts')],
    [sim('running/simulate.ts'), sim('running/node-workers.ts')],
    [sim('kernel/clock.ts'), sim('kernel/node-drain.ts')],
    [sim('model/host.ts'), sim('cli/run.ts')],
    [sim('scenario/node-load.ts'), sim('reporting/terminal.ts')],
    [http('http.ts'), http('node-timers.ts')],
  ])('not in %s but in %s', (bad, good) => {
    expect(laws({ [bad]: 'process.exit(Date.now())' })).toEqual([`ambient ${bad}:1`])
    expect(laws({ [good]: 'process.exit(Date.now())' })).toEqual([])
  })

  test('unit tests do not sleep, fake globals or read the wall clock; integration tests and tests of ports may', () => {
    const sleeping = [
      "import { setTimeout as sleep } from 'node:timers/promises'",
      'setTimeout(run, 1)',
      "import { vi } from 'vitest'; vi.useFakeTimers()",
      'const t = Date.now()',
      'const x = Math.random()',
    ]
    for (const text of sleeping) {
      const file = core('breaking/a.test.ts')
      expect(laws({ [file]: text })).toEqual([`ambient ${file}:1`])
      expect(laws({ 'packages/core/test/a.test.ts': text })).toHaveLength(1)
      expect(laws({ 'packages/core/test/a.itest.ts': text })).toEqual([])
    }
    expect(laws({ [core('time/real-clock.test.ts')]: 'setTimeout(run, Date.now())' })).toEqual([])
  })
})
