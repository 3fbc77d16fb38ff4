/**
 * From a scenario that fails with a seed to the smallest that fails in the same way: first which of the faults it takes,
 * since that is the answer most look for, then which services and workloads, then how many instances, how much time and
 * load. Chance is keyed by what it is for, so that taking one thing out changes nobody else's luck; that is what lets each
 * step be judged by itself.
 */
import { objectOf } from '@seakeep/core/spi'
import { type Cut, fewerEverywhere, fewerOf, lessLoad, shorter, shorterFault, sooner } from './cuts.ts'
import type { Failure, RunOutcome } from './failure.ts'
import { type FirstOf, minimise } from './minimise.ts'
import { faultsOf, serviceNames, type Tree, withoutServices, workloadsOf } from './scenario-tree.ts'

export interface ShrinkContext {
  readonly failure: Failure
  /** How many runs are made at a time. */
  readonly width: number
  /** Runs a candidate; what cannot even be built is an error as any other. */
  run(data: Tree): Promise<RunOutcome>
  /** Time is up, or somebody has had enough: what is smallest so far is the answer. */
  isOver(): boolean
  onSmaller?(data: Tree, step: string): void
}

export interface Shrunk {
  readonly data: Tree
  readonly runs: number
  /** False where it ran out of time. */
  readonly isMinimal: boolean
}

class TimeIsUp extends Error {}

export async function shrink(whole: Tree, context: ShrinkContext): Promise<Shrunk> {
  const shrinking = new Shrinking(whole, context)
  try {
    await shrinking.all()
  } catch (error) {
    if (!(error instanceof TimeIsUp)) throw error
    return { data: shrinking.data, runs: shrinking.runs, isMinimal: false }
  }
  return { data: shrinking.data, runs: shrinking.runs, isMinimal: true }
}

class Shrinking {
  data: Tree
  runs = 0
  readonly #context: ShrinkContext
  /** Candidates by their text: steps that find nothing to do propose what others have tried. */
  readonly #known = new Map<string, boolean>()
  #step = ''

  constructor(whole: Tree, context: ShrinkContext) {
    this.#context = context
    this.data = onlyThreshold(whole, context.failure)
  }

  async all(): Promise<void> {
    await this.#faults()
    await this.#services()
    await this.#workloads()
    for (let before = ''; before !== textOf(this.data); ) {
      before = textOf(this.data)
      await this.#cut('instances', fewerEverywhere)
      for (const name of serviceNames(this.data)) await this.#cut('instances', fewerOf(name))
      await this.#cut('time', sooner)
      await this.#cut('time', shorter)
      for (let i = 0; i < faultsOf(this.data).length; i++) await this.#cut('time', shorterFault(i))
      for (let i = 0; i < workloadsOf(this.data).length; i++) await this.#cut('load', lessLoad(i))
    }
  }

  async #faults(): Promise<void> {
    this.#step = 'faults'
    const { data } = this
    await minimise(
      faultsOf(data),
      this.#firstOf((faults) => ({ ...data, faults })),
    )
  }

  async #services(): Promise<void> {
    this.#step = 'services'
    const { data } = this
    const names = serviceNames(data)
    const keeping = (kept: readonly string[]): Tree =>
      withoutServices(data, new Set(names.filter((name) => !kept.includes(name))))
    await minimise(names, this.#firstOf(keeping))
  }

  async #workloads(): Promise<void> {
    this.#step = 'workloads'
    const { data } = this
    await minimise(
      workloadsOf(data),
      this.#firstOf((workload) => ({ ...data, workload })),
    )
  }

  /** Takes the boldest of its candidates that still fails, and again, until none does. */
  async #cut(step: string, cut: Cut): Promise<void> {
    this.#step = step
    let taken: number | undefined
    do taken = await this.#first(cut(this.data))
    while (taken !== undefined)
  }

  #firstOf<T>(build: (items: readonly T[]) => Tree): FirstOf<T> {
    return async (candidates) => {
      const index = await this.#first(candidates.map(build))
      return index === undefined ? undefined : candidates[index]
    }
  }

  /** The first that still fails, which is then the smallest so far. As many as there are workers are tried at a time. */
  async #first(candidates: readonly Tree[]): Promise<number | undefined> {
    const { width } = this.#context
    for (let from = 0; from < candidates.length; from += width) {
      const batch = candidates.slice(from, from + width)
      const fails = await Promise.all(batch.map((one) => this.#fails(one)))
      const found = fails.indexOf(true)
      if (found < 0) continue
      this.data = batch[found] as Tree
      this.#context.onSmaller?.(this.data, this.#step)
      return from + found
    }
    return undefined
  }

  async #fails(data: Tree): Promise<boolean> {
    const text = textOf(data)
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const { failure } = this.#context
    // What has nobody to call, or not the service the failure speaks of, cannot show it.
    const isEmpty = serviceNames(data).length === 0 || workloadsOf(data).length === 0
    const lacksIt =
      failure.threshold !== undefined && !Object.hasOwn(objectOf(data.thresholds) ?? {}, failure.threshold.metric)
    if (isEmpty || lacksIt) return false
    if (this.#context.isOver()) throw new TimeIsUp()
    this.runs += 1
    const fails = failure.isIn(await this.#context.run(data))
    if (this.#context.isOver() && !fails) throw new TimeIsUp()
    this.#known.set(text, fails)
    return fails
  }
}

/** Thresholds that did not fail say nothing of this failure, and would only keep parts alive that they name. */
function onlyThreshold(data: Tree, { threshold, property }: Failure): Tree {
  if (threshold === undefined && property === undefined) return data
  const { thresholds: _, properties, invariants, ...rest } = data
  if (threshold !== undefined) return { ...rest, thresholds: { [threshold.metric]: [threshold.expression] } }
  if (property?.kind === 'invariant') return { ...rest, invariants: onlyInvariant(invariants, property.property) }
  return property === undefined ? data : { ...rest, properties: { [property.kind]: [property.property] } }
}

/** The one of that name; what is given with it stays. */
function onlyInvariant(invariants: unknown, text: string): readonly unknown[] {
  const [name = ''] = text.split(' ')
  const found = Array.isArray(invariants) ? invariants.find((one) => objectOf(one)?.[name] !== undefined) : undefined
  return [found ?? name]
}

function textOf(data: Tree): string {
  return JSON.stringify(data)
}
