import type { ResolvedRetryBudgetOptions } from './budget-options.ts'
import { WindowedRetryBudget } from './retry-budget.ts'
import type { RetryBudget } from './retry-policy.ts'
import { ThrottleRetryBudget } from './throttle-budget.ts'
import { TokenRetryBudget } from './token-budget.ts'

/** The budget that the options describe: the one place that knows which class an algorithm's name stands for. */
export function createRetryBudget(options: ResolvedRetryBudgetOptions): RetryBudget {
  switch (options.algorithm) {
    case 'tokens':
      return new TokenRetryBudget(options)
    case 'throttle':
      return new ThrottleRetryBudget(options)
    default:
      return new WindowedRetryBudget(options)
  }
}
