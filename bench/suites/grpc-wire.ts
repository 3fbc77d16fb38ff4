// gRPC over loopback to servers in another process: governed with everything on, against bare grpc-js.
import { Client, credentials } from '@grpc/grpc-js'
import { createRuntime, type Instance, memoryRegistry } from '@seakeep/core'
import { govern, grpc } from '@seakeep/transport-grpc'
import { ALL_LAYERS } from '../bare.ts'
import type { Row, Suite } from '../row.ts'
import { alternate, type Side } from '../wire/alternating.ts'
import { startFarProcess } from '../wire/far-process.ts'

const METHOD = '/bench.Echo/Answer'
const MESSAGE = Buffer.alloc(200, 7)
/** Timeouts of a machine that does other things, too: none is to pass. */
const PATIENT = { timeout: '30s', retry: { attemptTimeout: '10s' } }
const CHECKED = { health: { grpc: true, interval: '5s' } }
const EVERYTHING = { ...ALL_LAYERS, ...PATIENT, ...CHECKED, loadBalancing: 'p2c-ewma', outlier: true }

async function overGrpc(rounds: number): Promise<Row[]> {
  using far = await startFarProcess(new URL('../wire/grpc-server.ts', import.meta.url))
  const instances = far.ports.map((port): Instance => {
    return { id: `p@${port}`, service: 'payments', address: { host: '127.0.0.1', port }, protocol: 'grpc', weight: 1 }
  })
  const rt = await createRuntime({
    service: 'bench',
    policies: { version: 1, targets: { payments: EVERYTHING } },
    modules: [grpc(), memoryRegistry({ instances })],
  })
  const clients = far.ports.map((port) => new Client(`ipv4:127.0.0.1:${port}`, credentials.createInsecure()))
  const stub = new Client('discovery:///payments', credentials.createInsecure(), govern(rt, 'payments'))
  let turn = 0
  const bare: Side = { name: 'grpc-js', call: () => unary(clients[turn++ % clients.length]!) }
  const payments = rt.client('payments')
  const request = { method: METHOD.slice(1), body: MESSAGE }
  const governed: Side = { name: 'governed gRPC, all policies', call: () => payments.call(request) }
  const rows = await alternate('grpc-wire', bare, governed, Math.max(30, rounds), 0.9)
  const governedStub: Side = { name: 'a stub with govern(), all policies', call: () => unary(stub) }
  // What grpc-js does for a stub it does here too, and the runtime's part comes on top.
  rows.push(...(await alternate('grpc-wire', bare, governedStub, Math.max(30, rounds), 0.7)).slice(1))
  for (const one of [...clients, stub]) one.close()
  await rt.close()
  return rows
}

function unary(client: Client): Promise<unknown> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(METHOD, same, same, MESSAGE, (error, answer) =>
      error === null ? resolve(answer) : reject(error),
    )
  })
}

function same<T>(bytes: T): T {
  return bytes
}

export const grpcWire: Suite = { name: 'grpc-wire', run: overGrpc }
