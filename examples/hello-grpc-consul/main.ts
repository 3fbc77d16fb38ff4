// Greeters that register themselves, and a client that finds them: gRPC as everybody writes it, governed by one option.
//
//   pnpm example hello-grpc-consul --registry memory|consul|etcd       (default: memory)
//
// Three greeters are called 100 times a second for 4 s by users who wait 2 s each; after one of these seconds one greeter is
// killed (SIGKILL, so that its registration stays), after two a fourth one comes. Asserts that at least 99.9 % were greeted
// in time, and that the fourth was known to the client within a second of listening.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { credentials } from '@grpc/grpc-js'
import { createRuntime } from '@seakeep/core'
import { govern, grpc } from '@seakeep/transport-grpc'
import { startGreeter, stopGreeters } from './greeters.ts'
import { Greeter, type GreeterStub } from './hello.ts'
import { REGISTRIES, type RegistryName, startRegistry } from './registries.ts'

const RATE = 100
const FOR_MS = 4000
const KILL_AFTER_MS = 1000
const START_AFTER_MS = 2000
const DEADLINE_MS = 2000
const MIN_GOODPUT = 0.999
const SEEN_WITHIN_MS = 1000

const policies = {
  version: 1,
  targets: {
    greeter: {
      timeout: DEADLINE_MS,
      retry: { maxAttempts: 3, attemptTimeout: '1s', backoff: { initial: '5ms', max: '50ms' } },
      circuitBreaker: { minimumCalls: 20, openFor: '5s' },
      outlier: { consecutiveFailures: 3, maxEjected: '50%' },
    },
  },
}

function chosenRegistry(): RegistryName {
  const { values } = parseArgs({ options: { registry: { type: 'string', default: 'memory' } } })
  const known = REGISTRIES.find((name) => name === values.registry)
  if (known !== undefined) return known
  console.error(`--registry ${values.registry} is not allowed; ${REGISTRIES.join(', ')}`)
  process.exit(2)
}

const kind = chosenRegistry()
const started = await startRegistry(kind)
if ('missing' in started) {
  console.error(`No ${kind} can be had here: ${started.missing}`)
  process.exit(1)
}
await using registry = started
console.log(`The greeters register themselves in ${registry.title}.`)
try {
  await using rt = await createRuntime({ service: 'hello', policies, modules: [grpc(), registry.module] })
  // Asked for first, so that it is known from the beginning who comes.
  const endpoints = rt.endpoints('greeter')
  const names = ['greeter-1', 'greeter-2', 'greeter-3']
  const greeters = await Promise.all([...names, 'greeter-4'].map((name) => startGreeter(name, kind, registry)))
  await Promise.all(greeters.slice(0, names.length).map((greeter) => greeter.listen()))

  const stub = new Greeter(
    'discovery:///greeter',
    credentials.createInsecure(),
    govern(rt, 'greeter'),
  ) as never as GreeterStub
  const greet = (name: string): Promise<string> =>
    new Promise((resolve, reject) => {
      stub.sayHello({ name }, (error, reply) => (error === null ? resolve(reply.message) : reject(error)))
    })
  console.log(`\n${await greet('world')}\n`)
  while (endpoints.value.endpoints.length < names.length) await sleep(5)
  console.log(`The client knows ${endpoints.value.endpoints.length} greeters.`)

  let [offered, greeted, late] = [0, 0, 0]
  const failures = new Map<string, number>()
  const answeredBy = new Map<string, number>()
  const one = async (): Promise<void> => {
    const begin = performance.now()
    offered += 1
    try {
      const message = await greet('world')
      if (performance.now() - begin > DEADLINE_MS) late += 1
      else greeted += 1
      const who = message.split(' says ')[1] ?? ''
      answeredBy.set(who, (answeredBy.get(who) ?? 0) + 1)
    } catch (error) {
      const { message } = error as Error
      failures.set(message, (failures.get(message) ?? 0) + 1)
    }
  }

  const begin = performance.now()
  const elapsed = (): number => performance.now() - begin
  const killed = sleep(KILL_AFTER_MS).then(() => {
    greeters[1]?.kill()
    console.log(`${KILL_AFTER_MS / 1000} s  greeter-2 is killed.`)
  })
  const seen = new Promise<number>((resolve) => {
    const subscription = endpoints.changes$.subscribe(({ endpoints: known }) => {
      if (!known.some(({ id }) => id === 'greeter-4')) return
      resolve(Date.now())
      subscription.unsubscribe()
    })
  })
  const listened = sleep(START_AFTER_MS).then(() => {
    console.log(`${START_AFTER_MS / 1000} s  greeter-4 begins to listen.`)
    return greeters[3]?.listen() ?? 0
  })
  const calls: Promise<void>[] = []
  while (elapsed() < FOR_MS) {
    const due = Math.floor((elapsed() * RATE) / 1000) + 1
    while (calls.length < due) calls.push(one())
    await sleep(1000 / RATE)
  }
  await Promise.all([killed, ...calls])
  const seenAfterMs = (await seen) - (await listened)
  console.log(`     It was known to the client ${Math.round(seenAfterMs)} ms after it had begun to listen.`)

  const goodput = greeted / offered
  const shares = [...answeredBy].toSorted().map(([who, count]) => `${who} ${count}`)
  console.log(
    `\n${offered} greetings were asked for, ${greeted} came within ${DEADLINE_MS / 1000} s: goodput ${percent(goodput)}`,
  )
  console.log(`They came from ${shares.join(', ')}.`)
  for (const [message, count] of failures) console.log(`  ${count} × ${message}`)
  if (late > 0) console.log(`  ${late} came late`)
  if (goodput < MIN_GOODPUT) fail(`the goodput is ${percent(goodput)}, below ${percent(MIN_GOODPUT)}`)
  if (seenAfterMs > SEEN_WITHIN_MS) fail(`the fourth greeter was known after ${Math.round(seenAfterMs)} ms`)
  if (process.exitCode === undefined) console.log('\nOne of three greeters was killed, and nobody went without.')
} finally {
  stopGreeters()
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(2)} %`
}

function fail(why: string): void {
  console.error(`\n${why}`)
  process.exitCode = 1
}
