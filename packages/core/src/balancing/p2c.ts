import type { Random } from '../random/random.ts'
import { LeastRequest } from './least-request.ts'

/** Power of two choices on attempts in flight: least request of two. */
export class P2c extends LeastRequest {
  override readonly algorithm: string = 'p2c'

  constructor(random: Random) {
    super(random, { choices: 2, bias: 1 })
  }
}
