import type { Random, Runtime } from '@seakeep/core'
import { hashText, mix, SeededRandom, type Timer, type TimerTask } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import { armed, type HostGate, VirtualClock } from '../kernel/virtual-clock.ts'
import type { EdgeStats } from '../recording/edge-stats.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { OpenCall } from './open-call.ts'

/** Something that reached a paused host. */
interface HeldTask extends TimerTask {
  /** The host will not wake up again. */
  onCrash?(): void
}

/**
 * One simulated process: an instance of a service, or a caller of a workload. It can crash, which ends whatever it was
 * waiting for, and pause, which delays it. All it waits for goes through its clock, so that both hold for the runtime of
 * the core that lives on it as for the model around it.
 */
export class VirtualHost implements HostGate {
  // What every call looks at comes first: see VirtualInstance.
  readonly clock: VirtualClock
  readonly kernel: Kernel
  epoch = 0
  isUp = true
  isPaused = false
  /** Whether user code with promises runs here. */
  readonly isAsync: boolean
  /** The newest of the calls it has open, linked through `olderCall`. */
  openCalls: OpenCall | undefined = undefined
  /** The steps along which it has called, each with its edge behind it: they are few, and closer than an entry by name. */
  readonly #steps: object[] = []
  /** What is recorded of its edges, by service. Those its runtime has been asked for, and no others. */
  readonly edges: Map<string, EdgeStats> = new Map()
  /** Who it is on edges: the service's name, or what the workload's callers are called. */
  readonly caller: string
  readonly name: string
  readonly zone: string | undefined
  /** What governs its calls in its present life. */
  runtime: Runtime | undefined = undefined
  /** When its present life began, in µs. */
  upSinceUs: number
  /** When it went down last, and when it went on last after a pause. */
  downUs: number = Number.NEGATIVE_INFINITY
  resumedUs: number = Number.NEGATIVE_INFINITY
  readonly #seed: number
  readonly #held: HeldTask[] = []

  constructor(
    name: string,
    caller: string,
    kernel: Kernel,
    seed: number,
    options: { readonly isAsync?: boolean; readonly zone?: string | undefined; readonly canDrift?: boolean } = {},
  ) {
    this.name = name
    this.caller = caller
    this.kernel = kernel
    this.isAsync = options.isAsync ?? false
    this.zone = options.zone
    this.#seed = seed
    this.clock = new VirtualClock(kernel, this, options.canDrift === true ? { canDrift: true } : {})
    this.upSinceUs = kernel.nowUs
  }

  /** The chance of its present life: keyed draws as everywhere, streams of its own. */
  createRandom(): Random {
    return new SeededRandom(this.#seed, `${this.name}@${this.epoch}`)
  }

  /** Names something this host does now where no call names it: `what` tells apart what it does at one instant. */
  keyFor(what: number): number {
    return mix(mix(hashText(`${this.name}@${this.epoch}`), this.#seed), mix(what, this.kernel.nowUs))
  }

  /** Arms a timer by the time as it is, whatever its clock says: for what a machine does rather than waits for. */
  pass(ms: number, task: TimerTask): Timer {
    return armed(this.kernel.nowUs / 1000 + ms, task, this.kernel, this)
  }

  /** Ends its life: timers, sends and whatever else carries the old epoch come to nothing. */
  crash(): void {
    this.epoch += 1
    this.isUp = false
    this.isPaused = false
    this.downUs = this.kernel.nowUs
    for (const task of this.#held.splice(0)) task.onCrash?.()
    this.edges.clear()
    this.#steps.length = 0
  }

  /** What is recorded of its calls to a service. */
  edgeTo(service: string, recorder: Recorder): EdgeStats {
    let edge = this.edges.get(service)
    if (edge === undefined) {
      edge = recorder.edge(this.caller, service)
      this.edges.set(service, edge)
    }
    return edge
  }

  /** The same, of a step that calls. */
  edgeOf(step: { readonly service: string }, recorder: Recorder): EdgeStats {
    const at = this.#steps.indexOf(step)
    if (at >= 0) return this.#steps[at + 1] as EdgeStats
    const edge = this.edgeTo(step.service, recorder)
    this.#steps.push(step, edge)
    return edge
  }

  restart(): void {
    this.isUp = true
    this.upSinceUs = this.kernel.nowUs
  }

  pause(): void {
    this.isPaused = true
  }

  /** Lets what was held go, in order, each as an event of its own. */
  resume(): void {
    this.isPaused = false
    this.resumedUs = this.kernel.nowUs
    const held = this.#held.splice(0)
    for (const task of held) this.kernel.at(this.kernel.nowUs, task)
  }

  hold(task: HeldTask, _timer?: Timer): void {
    this.#held.push(task)
  }
}
