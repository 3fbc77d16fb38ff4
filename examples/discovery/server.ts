// One of the servers: a plain node:http server that registers itself where its parent says. It tells its parent when it is
// registered, says goodbye at SIGTERM, and gives up when its parent is gone.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRuntime } from '@seakeep/core'
import { http } from '@seakeep/transport-http'
import { moduleFor, type RegistryAddress } from './registries.ts'

const [id = 'quotes-1', address = '{"kind":"memory"}'] = process.argv.slice(2)
const WORK_MS = 5

const server = createServer(async (_request, response) => {
  await sleep(WORK_MS)
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ server: id }))
})

process.on('disconnect', () => process.exit())
const rt = await createRuntime({
  service: 'quotes',
  modules: [http(), moduleFor(JSON.parse(address) as RegistryAddress)],
})
rt.events$.subscribe(({ type }) => type === 'instanceRegistered' && process.send?.({ type }))
process.once('SIGTERM', () => rt.close().then(() => process.exit()))
await rt
  .serve({ name: 'quotes', id, drain: { spread: '1s' } })
  .http(server)
  .listen({ host: '127.0.0.1', port: 0 })
