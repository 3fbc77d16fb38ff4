// The quickest of the faults of `pnpm validation registries`, so that the command is known to run; the table is the rest.
import { expect, it } from 'vitest'
import { describeReal } from '../../../tools/real-servers/index.ts'
import { faults } from '../validation/registries/all.ts'
import { measure } from '../validation/registries/bench.ts'
import { idOf, isGood } from '../validation/registries/fault.ts'

for (const registry of ['consul', 'etcd'] as const) {
  describeReal(registry, `pnpm validation registries --only ${registry}`, () => {
    it.each(['cut', 'lease-loss'])('%s: changes are seen, and nobody is wrongly removed', async (fault) => {
      const chosen = faults.find((one) => idOf(one) === `${registry}/${fault}`)!
      const told: string[] = []
      const row = await measure(chosen, { tell: (line) => told.push(line) })
      // Of the goodput only that there is one: it is also that of the machine, which runs other tests meanwhile.
      const { goodput, ...seen } = row
      expect(goodput).toBeGreaterThan(0)
      expect(isGood({ ...seen, goodput: 1 }), [JSON.stringify(row), ...told].join('\n')).toBe(true)
    })
  })
}
