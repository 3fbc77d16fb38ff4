import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { play, writeFiles } from './real-io.ts'

const LOSSY = `
duration: 12s
topology: { web: { work: 1ms, zones: [a], calls: [db] }, db: { work: 2ms, zones: [b] } }
policies: { version: 1, targets: { '*': { timeout: 500ms } } }
workload: [{ constantArrivalRate: { to: web, rate: 20, deadline: 300ms } }]
faults: FAULTS
`
let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'seakeep-network-'))
  const told = (faults: string): string => LOSSY.replace('FAULTS', faults)
  writeFiles(cwd, {
    'lost.sim.yaml': told(
      '[{ at: 5s, loss: { target: "db>web", for: 2s } }, { at: 9s, reset: { target: web, for: 1s } }]',
    ),
    'slow.sim.yaml': told('[{ at: 5s, slow: { target: "zone:b>zone:a", add: 400ms, for: 2s } }]'),
    'network.sim.yaml': `network: { between: { 'web>db': { loss: 20% } } }${told('[]')}`,
  })
})
afterAll(() => rmSync(cwd, { recursive: true }))

test('a lost answer and a reset connection name the fault that has them', { timeout: 60_000 }, async () => {
  const { code, out } = await play(cwd, 'explain lost.sim.yaml --worst 60')
  expect(code).toBe(0)
  expect(out).toMatch(/40 {2}loss db>web\n +20 {2}reset web\n/)
  expect(out).toMatch(/because of loss db>web, since 0:05/)
  expect(out).toMatch(/db#1 +fault +answer lost on its way: loss db>web/)
  expect(out).toMatch(/web#1 +fault +connection reset: reset web/)
})

test('a way between zones that is slow is to blame', { timeout: 60_000 }, async () => {
  const { out } = await play(cwd, 'explain slow.sim.yaml')
  expect(out).toMatch(/40 {2}slow zone:b>zone:a \+400ms\n/)
})

test('what the network loses by itself is said, and laid to no fault', { timeout: 60_000 }, async () => {
  const { out } = await play(cwd, 'explain network.sim.yaml')
  expect(out).toMatch(/db#1 +network +request lost on its way/)
})
