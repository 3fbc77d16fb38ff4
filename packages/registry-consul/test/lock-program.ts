// A process of its own that holds a lock and says so: to be killed and frozen.
import { lockAt } from './agent.ts'

const say = (word: string): void => void process.stdout.write(`${word}\n`)

lockAt({ address: process.argv[2] as string, timeout: '1s' }).acquire(process.argv[3] as string, 10_000, {
  acquired: (fence) => say(`acquired ${fence}`),
  lost: () => say('lost'),
  error: () => {},
})
// Until it is killed.
process.stdin.resume()
