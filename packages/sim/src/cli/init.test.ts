import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { play, writeFiles } from '../../test/real-io.ts'

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-init-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))
const read = (file: string): string => readFileSync(join(cwd, file), 'utf8')

test('an empty project: green with its policies, red without', { timeout: 60_000 }, async () => {
  writeFiles(cwd, { 'package.json': '{ "name": "@acme/checkout", "dependencies": { "fastify": "5" } }' })
  const { code, out } = await play(cwd, 'init')
  expect(code).toBe(0)
  expect(out).toContain('checkout: it uses fastify\n  + policies.yaml\n  + sims/checkout.sim.yaml\n')
  expect(out).toContain('npm install --save-dev @seakeep/sim')
  expect(read('.gitignore')).toContain('seakeep-report/')
  expect((await play(cwd, 'policy check policies.yaml')).code).toBe(0)
  expect((await play(cwd, 'run sims/checkout.sim.yaml')).code).toBe(0)
  expect((await play(cwd, 'run sims/checkout.sim.yaml --policies none')).code).toBe(1)
  const job = parse(read('.github/workflows/seakeep.yml'))
  const steps: { run?: string }[] = job.jobs.seakeep.steps
  expect(steps.at(-1)?.run).toContain('npx seakeep compare sims/checkout.sim.yaml --base')
})

test('nothing that is there is touched, and what is there is used', async () => {
  writeFiles(cwd, {
    'package.json': '{ "name": "shop", "devDependencies": { "@seakeep/sim": "0.1.0" } }',
    'policies.yaml': 'version: 1\ntargets: { "*": { timeout: 1s }, quotes: { timeout: 2s } }\n',
    'compose.yaml': 'services: { shop: {}, mailer: {}, postgres: {} }\n',
    '.gitignore': 'dist/\n',
  })
  const { out } = await play(cwd, 'init --no-ci -o shop.sim.json')
  expect(out).not.toContain('npm install')
  expect(out).toContain('it calls quotes, mailer; its policies are in policies.yaml')
  expect(out).toContain('= policies.yaml is there already and stays as it is')
  expect(read('.gitignore')).toBe('dist/\n')
  expect(JSON.parse(read('shop.sim.json'))).toMatchObject({
    policies: './policies.yaml',
    topology: { shop: { calls: ['quotes', 'mailer'] } },
  })
  const again = await play(cwd, 'init --no-ci -o shop.sim.json')
  expect(again.out).toContain('= shop.sim.json is there already')
})
