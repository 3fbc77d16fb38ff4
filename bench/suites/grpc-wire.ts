// A governed gRPC call over real sockets against the same call of bare grpc-js, with discovery, balancing, breaker,
// limiter, retry, deadline and health on. Judged by the CPU time of this process a call; servers are in another one.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Client, credentials } from '@grpc/grpc-js'
import { createRuntime, memoryRegistry } from '@seakeep/core'
import { govern, grpc } from '@seakeep/transport-grpc'
import { bytesPerCall } from '../heap.ts'
import { type Row, rowOf, type Suite } from '../row.ts'
import { median, noiseOf } from '../statistics.ts'

const IN_FLIGHT = 32
const BATCH = 512
const WARM_UP_ROUNDS = 12
/** At least 0.9 of the calls in the same time. Fallen short of where the whole interval lies above. */
const MOST = 1 / 0.9
const METHOD = '/bench.Echo/Answer'
const MESSAGE = Buffer.alloc(200, 7)
const POLICY = {
  timeout: '5s',
  retry: { maxAttempts: 3, attemptTimeout: '2s' },
  circuitBreaker: true,
  concurrency: { algorithm: 'gradient', min: 100, max: 1000, queue: 100 },
  outlier: true,
  loadBalancing: 'p2c-ewma',
  health: { grpc: true, interval: '1s' },
}

type Call = () => Promise<unknown>

export const grpcWire: Suite = { name: 'grpc-wire', run }

async function run(rounds: number): Promise<Row[]> {
  const child = fork(new URL('../grpc-echo-server.ts', import.meta.url))
  const [{ ports }] = (await once(child, 'message')) as [{ readonly ports: readonly number[] }]
  const instances = ports.map((port) => ({
    ...{ id: `echo@${port}`, service: 'echo', address: { host: '127.0.0.1', port }, protocol: 'grpc', weight: 1 },
  }))
  const rt = await createRuntime({
    service: 'bench',
    policies: { version: 1, targets: { echo: POLICY } },
    modules: [grpc(), memoryRegistry({ instances })],
  })
  const bare = ports.map((port) => new Client(`ipv4:127.0.0.1:${port}`, credentials.createInsecure()))
  const stub = new Client('discovery:///echo', credentials.createInsecure(), govern(rt, 'echo'))
  try {
    const client = rt.client('echo')
    const request = { method: METHOD.slice(1), body: MESSAGE }
    let turn = 0
    const contenders: readonly { readonly name: string; readonly call: Call; readonly isJudged?: boolean }[] = [
      { name: 'bare grpc-js', call: () => unary(bare[turn++ % bare.length]!) },
      { name: 'governed: client().call()', call: () => client.call(request), isJudged: true },
      { name: 'governed: a stub with govern()', call: () => unary(stub) },
    ]
    return await compareOnWire(contenders, rounds)
  } finally {
    for (const one of [...bare, stub]) one.close()
    await rt.close()
    child.kill()
  }
}

async function compareOnWire(
  contenders: readonly { readonly name: string; readonly call: Call; readonly isJudged?: boolean }[],
  rounds: number,
): Promise<Row[]> {
  const times: number[][] = contenders.map(() => [])
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (let nth = 0; nth < contenders.length; nth++) {
      const who = (nth + round + WARM_UP_ROUNDS) % contenders.length
      const before = process.cpuUsage()
      await batch(contenders[who]!.call, BATCH)
      const { user, system } = process.cpuUsage(before)
      if (round >= 0) times[who]!.push(((user + system) * 1000) / BATCH)
    }
  }
  const rows: Row[] = []
  for (const [who, { name, call, isJudged = false }] of contenders.entries()) {
    const ratios = times[who]!.map((ns, at) => ns / times[0]![at]!)
    const [ratio, noise] = [median(ratios), noiseOf(ratios)]
    const bytes = await bytesPerCall((calls) => batch(call, calls))
    const row = rowOf('grpc-wire', { name, ratio, noise, perCallNs: median(times[who]!), bytes }, judged(isJudged))
    rows.push({ ...row, ok: !isJudged || ratio - noise <= MOST })
  }
  return rows
}

function judged(isJudged: boolean): { readonly ratio: number } | undefined {
  return isJudged ? { ratio: MOST } : undefined
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

/** So many calls, of which 32 are under way at a time. */
async function batch(call: Call, calls: number): Promise<void> {
  let left = calls
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await call()
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
}
