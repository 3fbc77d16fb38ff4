// `pnpm soak:grpc [--channels 10000] [--endpoints 1000] [--seconds 60]`: channels that are opened and closed, each with a call,
// and endpoints that flap while they are called. Exits 1 when a socket or a timer is left, or the heap has grown by 3 MiB.
import { parseArgs } from 'node:util'
import { churnChannels, churnEndpoints, type Left, left } from './churn.ts'

const MOST_GROWTH = 3 * 2 ** 20

const { values } = parseArgs({
  options: {
    channels: { type: 'string', default: '10000' },
    endpoints: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
  },
})
const [channels, endpoints, seconds] = [whole(values.channels), whole(values.endpoints), whole(values.seconds)]

// What is made once, and what code is compiled to, is not what is looked for.
await churnChannels(500)
await churnEndpoints(endpoints, 3000)
const before = await left()
line('before', before)
await churnChannels(channels)
line(`after ${channels} channels`, await left())
const calls = await churnEndpoints(endpoints, seconds * 1000)
const after = await left()
line(`after ${endpoints} endpoints for ${seconds} s`, after)
console.log(`${calls} calls meanwhile`)
const isFlat =
  after.heapBytes < before.heapBytes + MOST_GROWTH &&
  after.sockets <= before.sockets &&
  // One may be that of a connection that ends.
  after.timers <= before.timers + 1
console.log(isFlat ? 'flat' : 'something is left')
process.exit(isFlat ? 0 : 1)

function whole(text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  console.error(`'${text}' is not a whole number above 0.`)
  process.exit(2)
}

function line(title: string, { heapBytes, sockets, timers }: Left): void {
  const heap = `${(heapBytes / 2 ** 20).toFixed(1)} MiB`
  console.log(`${title.padEnd(34)}${heap.padStart(10)}  ${sockets} sockets  ${timers} timers`)
}
