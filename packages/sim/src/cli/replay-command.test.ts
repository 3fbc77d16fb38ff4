import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { commandLine } from './replay-command.ts'

test('words are quoted where a shell would take them apart', () => {
  expect(commandLine(['replay', 'my sims/a.sim.ts', '--set', "topology.a\\.b.work={ constant: '5ms' }"], {})).toBe(
    `seakeep replay 'my sims/a.sim.ts' --set 'topology.a\\.b.work={ constant: '\\''5ms'\\'' }'`,
  )
})

test('the way in is that by which the program was started', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seakeep-path-'))
  try {
    writeFileSync(join(folder, 'pnpm'), '')
    const workspace = {
      npm_package_name: 'seakeep',
      npm_lifecycle_event: 'demo',
      npm_config_user_agent: 'pnpm/12.21.0 npm/? node/v24',
    }
    const only = (PATH: string) => commandLine(['version'], { ...workspace, PATH })
    expect(only(folder)).toBe('pnpm seakeep version')
    expect(only(['/none', '/x/node_modules/.bin', join(folder, '_npx')].join(delimiter))).toBe(
      'npx -y pnpm@12.21.0 seakeep version',
    )
    expect(commandLine(['version'], { npm_command: 'exec' })).toBe('npx seakeep version')
    expect(commandLine(['version'], {})).toBe('seakeep version')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
