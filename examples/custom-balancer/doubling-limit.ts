// A limit algorithm of one's own: twice as many at once after each second that used the limit and dropped nothing, half
// as many after one that did. It takes the place of `aimd` wherever a policy names that; `min` and `max` stay the
// policy's.
import { BoundedLimit, type LimitAlgorithmFactory, type LimitWindow, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'

class DoublingLimit extends BoundedLimit {
  override readonly needsBaseline = false

  override decide({ drops, maxInFlight }: LimitWindow): number {
    if (drops > 0) return this.set(this.estimate / 2)
    return maxInFlight * 2 < this.estimate ? this.estimate : this.set(this.estimate * 2)
  }
}

const createLimit: LimitAlgorithmFactory = (options) =>
  options.algorithm === 'aimd' ? new DoublingLimit(options) : undefined

export const doublingLimit = new ContainerModule(async ({ rebind }) => {
  ;(await rebind(Tokens.limit)).toConstantValue(createLimit)
})
