import type { TimerTask } from '@seakeep/core/spi'
import type { Fleet } from '../model/fleet.ts'
import type { VirtualInstance } from '../model/virtual-instance.ts'
import type { World } from '../model/world.ts'
import { Fact } from '../recording/facts.ts'
import { TimeAverage } from '../recording/time-average.ts'
import type { ResolvedAutoscale } from '../scenario/autoscale.ts'
import type { ResolvedService } from '../scenario/resolved-scenario.ts'
import { versionsOf } from '../scenario/resolving/versions-of.ts'

/** What an instance had done when it was looked at last. */
interface Sample {
  readonly atUs: number
  readonly integral: number
}

/** An instance that is starting up. */
interface Starting {
  cancel(): void
}

/**
 * A horizontal autoscaler by the formula of Kubernetes: `ceil(instances × metric / target)`, where the metric is the mean of
 * the last period over the instances that are ready, and nothing is done within the tolerance. Instances that are still
 * starting count as idle when it grows, so that it does not grow twice for one load. It shrinks to the largest number it
 * found right within `downAfter`. There is no bound on how fast it grows beside `max`.
 *
 * New instances take up `upAfter` later, with the version of the last one; the last ones are drained first.
 */
export class Autoscaler implements TimerTask {
  readonly #world: World
  readonly #service: ResolvedService
  readonly #options: ResolvedAutoscale
  readonly #fleet: Fleet
  readonly #samples: Map<VirtualInstance, Sample> = new Map()
  #starting: Starting[] = []
  #wanted: number
  #found: { readonly atUs: number; readonly instances: number }[]

  constructor(world: World, service: ResolvedService, options: ResolvedAutoscale, fleet: Fleet) {
    this.#world = world
    this.#service = service
    this.#options = options
    this.#fleet = fleet
    this.#wanted = service.replicas
    this.#found = [{ atUs: 0, instances: service.replicas }]
  }

  start(): void {
    for (const instance of this.#members()) this.#watch(instance)
    this.#arm()
  }

  onTimer(): void {
    const ready = this.#members().filter(({ host, isDraining }) => host.isUp && !isDraining)
    const sum = ready.reduce((total, instance) => total + this.#measure(instance), 0)
    if (ready.length > 0) this.#scaleTo(this.#settled(this.#recommended(sum, ready.length)), sum / ready.length)
    this.#arm()
  }

  #arm(): void {
    this.#world.kernel.after(this.#options.everyMs * 1000, this)
  }

  #members(): readonly VirtualInstance[] {
    return this.#world.instancesOf(this.#service.name).filter((instance) => !instance.isRetired)
  }

  #watch(instance: VirtualInstance): void {
    if (this.#options.metric === 'utilization') instance.meter ??= new TimeAverage()
    this.#samples.set(instance, { atUs: this.#world.kernel.nowUs, integral: this.#integralOf(instance) })
  }

  /** Workers taken, as a share of all, or requests present: the mean since the last look. */
  #measure(instance: VirtualInstance): number {
    const { nowUs } = this.#world.kernel
    const before = this.#samples.get(instance)
    const integral = this.#integralOf(instance)
    this.#samples.set(instance, { atUs: nowUs, integral })
    if (before === undefined || nowUs === before.atUs) return 0
    const mean = (integral - before.integral) / (nowUs - before.atUs)
    return this.#options.metric === 'utilization' ? mean / this.#service.concurrency : mean
  }

  #integralOf({ meter, stats }: VirtualInstance): number {
    const { nowUs } = this.#world.kernel
    this.#world.recorder.settle()
    return (this.#options.metric === 'utilization' ? meter : stats.presentSinceStart)?.integral(nowUs) ?? 0
  }

  #recommended(sum: number, ready: number): number {
    const { target, tolerance, min, max } = this.#options
    const isWithin = (ratio: number): boolean => Math.abs(ratio - 1) <= tolerance + NOISE
    const isHigh = sum / ready > target
    // Who is not there yet counts as idle, but never so that a load that is too high looks too low.
    const counted = isHigh ? Math.max(ready, this.#wanted) : ready
    const ratio = sum / (target * counted)
    if (isWithin(sum / (target * ready)) || isWithin(ratio) || (isHigh && ratio < 1)) return this.#wanted
    return Math.min(max, Math.max(min, Math.ceil(ratio * counted - NOISE)))
  }

  #settled(recommended: number): number {
    const { nowUs } = this.#world.kernel
    const sinceUs = nowUs - this.#options.downAfterMs * 1000
    this.#found = [...this.#found.filter(({ atUs }) => atUs > sinceUs), { atUs: nowUs, instances: recommended }]
    const most = Math.max(...this.#found.map(({ instances }) => instances))
    return recommended >= this.#wanted ? recommended : Math.min(this.#wanted, most)
  }

  #scaleTo(instances: number, metric: number): void {
    const from = this.#wanted
    if (instances === from) return
    const { kernel, recorder } = this.#world
    const { name } = this.#service
    const why = `${this.#options.metric} ${Number(metric.toPrecision(3))} for ${this.#options.target}`
    recorder.log.add({ atMs: kernel.nowUs / 1000, type: 'scaled', service: name, from, to: instances, why })
    recorder.facts.addNamed(recorder.service(name).facts, Fact.transition, name, `scaled ${from} to ${instances}`)
    this.#wanted = instances
    for (let i = from; i < instances; i++) this.#startOne()
    for (let i = instances; i < from; i++) this.#endOne()
  }

  #startOne(): void {
    const timer = this.#world.kernel.after(this.#options.upAfterMs * 1000, {
      onTimer: () => {
        this.#starting = this.#starting.filter((one) => one !== timer)
        this.#join()
      },
    })
    this.#starting.push(timer)
  }

  /** Names that were given up are used again before new ones are. */
  #join(): void {
    const all = this.#world.instancesOf(this.#service.name)
    const version = this.#members().at(-1)?.version ?? versionsOf(this.#service)[0]!
    const retired = all.find(({ isRetired, host }) => isRetired && !host.isUp)
    if (retired !== undefined) {
      retired.isRetired = false
      this.#fleet.start(retired, version)
      this.#watch(retired)
    } else this.#watch(this.#fleet.add(this.#service, version))
  }

  /** Those that are not there yet first. */
  #endOne(): void {
    const starting = this.#starting.pop()
    if (starting !== undefined) return starting.cancel()
    const last = this.#members().at(-1)
    if (last === undefined) return
    last.isRetired = true
    this.#samples.delete(last)
    this.#fleet.stop(last, 'drain')
  }
}

/** 0.1 · 3 is within 0.3. */
const NOISE = 1e-9
