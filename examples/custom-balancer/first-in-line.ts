// A balancer of one's own: the first by name takes every call, the next ones stand by. (A primary and its replicas.)
import { type BalancerFactory, CountingBalancer, type Pickable, type Picker, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'

class FirstInLine extends CountingBalancer {
  override readonly algorithm = 'first-in-line'

  /** Called anew whenever health or the registry has changed `rows`; a pick only reads. */
  override picker<Row extends Pickable>(rows: readonly Row[]): Picker<Row> {
    const line = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    return {
      // A retry avoids where the attempt before failed; where nobody is eligible, anybody is better than nobody.
      pick: ({ avoid }) =>
        line.find((row) => row.eligible && row !== avoid) ?? line.find((row) => row.eligible) ?? line[0],
    }
  }
}

/** For `quotes` alone: what is undefined keeps the algorithm that its policy names. */
const createBalancer: BalancerFactory = (_algorithm, _random, service) =>
  service === 'quotes' ? new FirstInLine() : undefined

export const firstInLine = new ContainerModule(async ({ rebind }) => {
  ;(await rebind(Tokens.balancer)).toConstantValue(createBalancer)
})
