import { mix, type TimerTask } from '@seakeep/core/spi'
import type { Kernel } from '../kernel/kernel.ts'
import type { Distribution } from './distribution.ts'
import { Purpose } from './purpose.ts'

/** A fault that changes the packets of one direction of an edge while it is on. */
export interface PacketFault {
  /** The delay of this packet, in ms. `key` names the packet's attempt. */
  delayMs(delayMs: number, key: number): number
}

/** Keeps the packets of one direction back. */
export interface PacketHolder {
  /** A packet has been kept back. */
  onHeld(): void
}

/** One direction of an edge, made with the first packet or the first fault that concerns it. */
class Direction {
  readonly faults = new Set<PacketFault>()
  readonly holders = new Set<PacketHolder>()
  readonly held: TimerTask[] = []
}

/**
 * The network between callers and services: each packet takes a delay drawn for its attempt and direction. Packets of
 * one direction may overtake each other, as requests on different connections do, but not those a hold has kept back.
 */
export class Network {
  readonly #kernel: Kernel
  readonly #latency: Distribution
  /** Made only where a fault names the direction, so that a run without any looks nothing up. */
  readonly #directions = new Map<string, Direction>()

  constructor(kernel: Kernel, latency: Distribution) {
    this.#kernel = kernel
    this.#latency = latency
  }

  /** Sends a packet from one name to another; `task` runs when it arrives. `purpose` tells there from back. */
  send(from: string, to: string, key: number, purpose: number, task: TimerTask): void {
    let delayMs = this.#latency.sampleMs(mix(key, purpose))
    if (this.#directions.size > 0) {
      const direction = this.#directions.get(`${from}>${to}`)
      if (direction !== undefined) {
        if (direction.holders.size > 0) {
          direction.held.push(task)
          for (const holder of direction.holders) holder.onHeld()
          return
        }
        for (const fault of direction.faults) delayMs = fault.delayMs(delayMs, key)
      }
    }
    this.#kernel.after(Math.round(delayMs * 1000), task)
  }

  /** The delay of a packet that carries no request: a reset, a refusal of the connection, a note. */
  delayUs(key: number, purpose: number = Purpose.reset): number {
    return Math.round(this.#latency.sampleMs(mix(key, purpose)) * 1000)
  }

  addFault(from: string, to: string, fault: PacketFault): void {
    this.#direction(from, to).faults.add(fault)
  }

  removeFault(from: string, to: string, fault: PacketFault): void {
    this.#direction(from, to).faults.delete(fault)
  }

  /** Keeps packets back from now on. */
  hold(from: string, to: string, holder: PacketHolder): void {
    this.#direction(from, to).holders.add(holder)
  }

  /** Lets all that was kept back arrive now, in the order it was sent, unless somebody else keeps it still. */
  release(from: string, to: string, holder: PacketHolder): void {
    const direction = this.#direction(from, to)
    direction.holders.delete(holder)
    if (direction.holders.size > 0) return
    for (const task of direction.held.splice(0)) this.#kernel.at(this.#kernel.nowUs, task)
  }

  #direction(from: string, to: string): Direction {
    const name = `${from}>${to}`
    let direction = this.#directions.get(name)
    if (direction === undefined) {
      direction = new Direction()
      this.#directions.set(name, direction)
    }
    return direction
  }
}
