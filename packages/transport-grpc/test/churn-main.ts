// The long run of churn.ts: `pnpm --filter @seakeep/transport-grpc churn`.
import { churnChannels, churnEndpoints, type Left, left } from './churn.ts'

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`
const line = (title: string, { heapBytes, sockets, timers }: Left): void =>
  console.log(`${title.padEnd(34)}${mib(heapBytes).padStart(10)}  ${sockets} sockets  ${timers} timers`)

await churnChannels(500)
await churnEndpoints(1000, 3000)
const before = await left()
line('before', before)
await churnChannels(10_000)
line('after 10,000 channels', await left())
const calls = await churnEndpoints(1000, 60_000)
const after = await left()
line('after 1,000 endpoints for 60 s', after)
console.log(`${calls} calls meanwhile`)
const isFlat =
  after.heapBytes < before.heapBytes + 3 * 2 ** 20 &&
  after.sockets <= before.sockets &&
  after.timers <= before.timers + 1
if (!isFlat) process.exitCode = 1
console.log(isFlat ? 'flat' : 'something is left')
