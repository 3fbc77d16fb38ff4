/** Tolerances as they are written: `gateway.latency.p99=5%`, `goodput=0.005`, `recovery=2s`. The last that fits counts. */

import { ConfigError } from '@seakeep/core'
import { didYouMean, millisecondsOf } from '@seakeep/core/spi'
import { FIGURE_KINDS, type FigureKind, kindOf, type Tolerance } from './figures.ts'

interface Rule {
  /** Of one figure by its whole name, or of all of a kind. */
  readonly figure: string
  readonly tolerance: Tolerance
  readonly text: string
}

export class Tolerances {
  readonly #rules: readonly Rule[]

  /** Throws a ConfigError for what is no tolerance. */
  constructor(texts: readonly string[]) {
    this.#rules = texts.map(readRule)
  }

  of(figure: string): Tolerance {
    const kind = kindOf(figure)
    if (kind === undefined) throw new Error(`${figure} is no figure`)
    return (
      this.#rules.findLast((rule) => rule.figure === figure || rule.figure === kind.name)?.tolerance ?? kind.tolerance
    )
  }

  /** Throws a ConfigError where one speaks of a figure that is not among those measured. */
  refuseUnknown(figures: readonly string[]): void {
    for (const { figure, text } of this.#rules) {
      if (figures.includes(figure) || FIGURE_KINDS.some(({ name }) => name === figure)) continue
      throw new ConfigError('--tolerance', `${text}: no figure ${figure} is compared${didYouMean(figure, figures)}`)
    }
  }
}

function readRule(text: string): Rule {
  const equals = text.lastIndexOf('=')
  const figure = text.slice(0, equals)
  const amount = text.slice(equals + 1)
  const shape = 'written as gateway.latency.p99=5% or goodput=0.005'
  if (equals <= 0) throw new ConfigError('--tolerance', `${text} is no tolerance; ${shape}`)
  const kind = FIGURE_KINDS.find(({ name }) => name === figure) ?? kindOf(figure)
  if (kind === undefined) {
    const names = FIGURE_KINDS.map(({ name }) => name)
    const near = didYouMean(figure.slice(figure.lastIndexOf('.') + 1), names)
    throw new ConfigError('--tolerance', `${figure} ends in no figure; one of ${names.join(', ')}${near}`)
  }
  const tolerance = readAmount(amount, kind)
  if (tolerance !== undefined) return { figure, tolerance, text }
  throw new ConfigError('--tolerance', `${text}: ${amount} is no amount; a share as 5%, or ${EXAMPLES[kind.unit]}`)
}

const EXAMPLES = { ratio: 'a part of 1 as 0.005', time: 'a duration as 20ms', number: 'a number as 0.1' }

function readAmount(amount: string, { unit }: FigureKind): Tolerance | undefined {
  const share = /^(\d+(?:\.\d+)?)%$/.exec(amount)
  // Of a share, 0.5% are points: goodput from 99.5 % to 99 %.
  if (share !== null) return unit === 'ratio' ? { by: Number(share[1]) / 100 } : { share: Number(share[1]) / 100 }
  const isNumber = /^\d+(\.\d+)?$/.test(amount)
  const by = isNumber ? Number(amount) : unit === 'time' ? millisecondsOf(amount) : undefined
  return by === undefined ? undefined : { by }
}
