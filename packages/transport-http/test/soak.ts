// `pnpm soak:http`: 10,000 connections opened and closed to 1,000 endpoints that flap. Exits 1 when a socket is left, a
// call fails, or the heap has grown by more than a tenth over the second half.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { churn } from './churn.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
function heapBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

const MOST_GROWTH = 0.1
const result = await churn(
  { connections: 10_000, endpoints: 1000, servers: 4, onRound: (opened) => console.log(`${opened} connections`) },
  heapBytes,
)
const { heap } = result
const [middle = 0, last = 0] = [heap[heap.length >> 1], heap.at(-1)]
const growth = last / middle - 1
console.log(`${result.calls} calls, ${result.failures} failed, ${result.left} sockets left`)
console.log(
  `heap: ${heap.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(' ')} MiB, ${(growth * 100).toFixed(1)} % over the second half`,
)
const isGood = result.failures === 0 && result.left === 0 && growth <= MOST_GROWTH
console.log(isGood ? 'good' : 'failed')
process.exit(isGood ? 0 : 1)
