import type { Random } from '../random/random.ts'
import type { Clock } from '../time/clock.ts'
import { AdaptiveLimit } from './adaptive-limit.ts'
import { AimdLimit } from './aimd-limit.ts'
import { ConcurrencyLimiter } from './concurrency-limiter.ts'
import { GradientLimit } from './gradient-limit.ts'
import { HeldLimit } from './held-limit.ts'
import type { LimitAlgorithm, LimitAlgorithmFactory } from './limit-algorithm.ts'
import type { LimitLoop } from './limit-loop.ts'
import type { ResolvedAdaptiveOptions } from './limit-options.ts'
import type { ResolvedConcurrencyOptions } from './limiter-options.ts'
import { VegasLimit } from './vegas-limit.ts'

export interface LimiterPorts {
  readonly clock: Clock
  readonly random: Random
  /** The loop of the target. */
  readonly loop: LimitLoop
  readonly service: string
  /** Another way to find limits. Default, and for what it leaves out: {@link createLimitAlgorithm}. */
  readonly createAlgorithm?: LimitAlgorithmFactory | undefined
}

/** The one place that knows which class an algorithm's name stands for. */
export function createLimitAlgorithm(options: ResolvedAdaptiveOptions): LimitAlgorithm {
  switch (options.algorithm) {
    case 'gradient':
      return new GradientLimit(options)
    case 'vegas':
      return new VegasLimit(options)
    case 'aimd':
      return new AimdLimit(options)
  }
}

/** The concurrency limiter that the options describe, with its place in the target's loop where its limit moves. */
export function createLimiter(options: ResolvedConcurrencyOptions, ports: LimiterPorts): ConcurrencyLimiter {
  const { clock, random, loop, service } = ports
  if (options.adaptive === undefined) return new ConcurrencyLimiter(options, { clock })
  const own = ports.createAlgorithm?.(options.adaptive, random, service)
  const algorithm = own === undefined ? createLimitAlgorithm(options.adaptive) : new HeldLimit(own, options.adaptive)
  const adaptive = new AdaptiveLimit(algorithm, random.stream(`limit/${service}`), () => loop.wake(limiter))
  const limiter: ConcurrencyLimiter = new ConcurrencyLimiter(options, { clock, adaptive })
  return limiter
}
