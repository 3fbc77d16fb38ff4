// Calls over loopback to servers in another process: governed with everything on, against the client it stands on.
import { createRuntime, type Instance, memoryRegistry } from '@seakeep/core'
import { http } from '@seakeep/transport-http'
import { Pool } from 'undici'
import { ALL_LAYERS } from '../bare.ts'
import type { Row, Suite } from '../row.ts'
import { alternate, type Side } from '../wire/alternating.ts'
import { startFarProcess } from '../wire/far-process.ts'

// Timeouts of a machine that does other things, too: none is to pass.
const PATIENT = { timeout: '30s', retry: { attemptTimeout: '10s' } }
const EVERYTHING = {
  ...ALL_LAYERS,
  ...PATIENT,
  loadBalancing: 'p2c-ewma',
  outlier: true,
  health: { http: '/readyz', interval: '5s' },
}

async function overHttp(rounds: number): Promise<Row[]> {
  using far = await startFarProcess(new URL('../wire/http-server.ts', import.meta.url))
  const pools = far.ports.map((port) => new Pool(`http://127.0.0.1:${port}`))
  let turn = 0
  const bare: Side = {
    name: 'undici Pool.request',
    call: async () => {
      const { body } = await pools[turn++ % pools.length]!.request({ method: 'GET', path: '/charges' })
      return body.json()
    },
  }
  const instances = far.ports.map((port): Instance => {
    return { id: `p@${port}`, service: 'payments', address: { host: '127.0.0.1', port }, protocol: 'http', weight: 1 }
  })
  const rt = await createRuntime({
    service: 'bench',
    policies: { version: 1, targets: { payments: EVERYTHING } },
    modules: [http(), memoryRegistry({ instances })],
  })
  const payments = rt.client('payments')
  const request = { method: 'GET /charges' }
  const governed: Side = { name: 'governed HTTP, all policies', call: () => payments.call(request) }
  const rows = await alternate('wire', bare, governed, Math.max(30, rounds), 0.9)
  const answer: Side = {
    name: 'rt.fetch, all policies',
    call: async () => (await rt.fetch('http://payments/charges')).json(),
  }
  const platform: Side = {
    name: 'fetch of Node',
    call: async () => (await fetch(`http://127.0.0.1:${far.ports[turn++ % far.ports.length]}/charges`)).json(),
  }
  rows.push(...(await alternate('wire', platform, answer, Math.max(30, rounds))))
  await rt.close()
  for (const pool of pools) await pool.close()
  return rows
}

export const wire: Suite = { name: 'wire', run: overHttp }
