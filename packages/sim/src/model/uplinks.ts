/**
 * How hosts reach the registry, and the shared board, which lives there. A partition may cut a host off: then it is told
 * nothing and cannot be heard, its lease runs out, and what it knew stays. When the cut has healed it is told what is now.
 * Who said goodbye meanwhile it cannot know any more, as no real registry's client does after an interruption.
 */
import type { Instance } from '@seakeep/core'
import type { BoardSink, Registry, RegistryAnswer, RegistrySink, SharedBoard } from '@seakeep/core/spi'
import type { VirtualHost } from './virtual-host.ts'

export class Uplinks {
  readonly #isUsed: boolean
  readonly #uplinks = new Map<VirtualHost, Uplink>()

  /** `isUsed` is false where no fault will ever cut one: then the ports are handed on as they are. */
  constructor(isUsed: boolean) {
    this.#isUsed = isUsed
  }

  cut(host: VirtualHost): void {
    this.#of(host).cut()
  }

  heal(host: VirtualHost): void {
    this.#of(host).heal()
  }

  /** The host's port to the registry, by way of its uplink. */
  registry(host: VirtualHost, port: Registry): Registry {
    if (!this.#isUsed) return port
    const uplink = this.#of(host)
    const asked = (ask: (done: RegistryAnswer) => void, done: RegistryAnswer): void =>
      uplink.isCut ? done(unreachable()) : ask(done)
    return {
      name: port.name,
      watch(service, sink) {
        const follower = new RegistryFollower(uplink, sink, lifeOf(host))
        return followed(uplink, follower, port.watch(service, follower))
      },
      register: (instance, ttlMs, done) => asked((told) => port.register(instance, ttlMs, told), done),
      heartbeat: (instance, ttlMs, done) => asked((told) => port.heartbeat(instance, ttlMs, told), done),
      deregister: (instance, done) => asked((told) => port.deregister(instance, told), done),
      close: () => port.close(),
    }
  }

  /** The host's port to the board, by way of its uplink. */
  board(host: VirtualHost, port: SharedBoard): SharedBoard {
    if (!this.#isUsed) return port
    const uplink = this.#of(host)
    return {
      name: port.name,
      publish: (topic, note, ttlMs) => (uplink.isCut ? UNHEARD : port.publish(topic, note, ttlMs)),
      watch(topic, sink) {
        const follower = new BoardFollower(uplink, sink, lifeOf(host))
        return followed(uplink, follower, port.watch(topic, follower))
      },
      close: () => port.close(),
    }
  }

  #of(host: VirtualHost): Uplink {
    let uplink = this.#uplinks.get(host)
    if (uplink === undefined) {
      uplink = new Uplink()
      this.#uplinks.set(host, uplink)
    }
    return uplink
  }
}

/** A note nobody has heard; whoever says it says it again. */
const UNHEARD: Disposable = { [Symbol.dispose]: () => {} }

/** Somebody on a host who follows something there. */
interface Follower {
  /** False once the life it belongs to is over. */
  readonly isAlive: () => boolean
  onCut(): void
  onHealed(): void
}

class Uplink {
  readonly followers: Set<Follower> = new Set()
  /** How many faults cut it. */
  #cuts = 0

  get isCut(): boolean {
    return this.#cuts > 0
  }

  cut(): void {
    this.#cuts += 1
    if (this.#cuts === 1) this.#tell((follower) => follower.onCut())
  }

  heal(): void {
    this.#cuts -= 1
    if (this.#cuts === 0) this.#tell((follower) => follower.onHealed())
  }

  #tell(tell: (follower: Follower) => void): void {
    for (const follower of [...this.followers]) {
      if (follower.isAlive()) tell(follower)
      else this.followers.delete(follower)
    }
  }
}

function lifeOf(host: VirtualHost): () => boolean {
  const { epoch } = host
  return () => host.epoch === epoch
}

function followed(uplink: Uplink, follower: Follower, watching: Disposable): Disposable {
  uplink.followers.add(follower)
  return {
    [Symbol.dispose]() {
      uplink.followers.delete(follower)
      watching[Symbol.dispose]()
    },
  }
}

class RegistryFollower implements RegistrySink, Follower {
  readonly isAlive: () => boolean
  readonly #uplink: Uplink
  readonly #sink: RegistrySink
  /** The last that the registry had to say; undefined where it is down itself. */
  #said: (() => void) | undefined = undefined
  #isTold = false

  constructor(uplink: Uplink, sink: RegistrySink, isAlive: () => boolean) {
    this.#uplink = uplink
    this.#sink = sink
    this.isAlive = isAlive
  }

  instances(list: readonly Instance[], left?: ReadonlySet<string>): void {
    this.#said = () => this.#sink.instances(list, NOBODY)
    if (!this.#isCut()) this.#sink.instances(list, left)
  }

  unknown(): void {
    this.#said = () => this.#sink.unknown()
    if (!this.#isCut()) this.#sink.unknown()
  }

  error(error: Error): void {
    this.#said = undefined
    if (!this.#isCut()) this.#sink.error(error)
  }

  onCut(): void {
    this.#isTold = true
    this.#sink.error(unreachable())
  }

  onHealed(): void {
    this.#isTold = false
    this.#said?.()
  }

  /** Who begins to follow while it is cut off hears that nobody answers. */
  #isCut(): boolean {
    const { isCut } = this.#uplink
    if (isCut && !this.#isTold) this.onCut()
    return isCut
  }
}

class BoardFollower implements BoardSink, Follower {
  readonly isAlive: () => boolean
  readonly #uplink: Uplink
  readonly #sink: BoardSink
  /** The last word of each peer that it could not hear; undefined for who has gone. */
  readonly #missed = new Map<string, string | undefined>()

  constructor(uplink: Uplink, sink: BoardSink, isAlive: () => boolean) {
    this.#uplink = uplink
    this.#sink = sink
    this.isAlive = isAlive
  }

  note(peer: string, note: string): void {
    if (this.#uplink.isCut) this.#missed.set(peer, note)
    else this.#sink.note(peer, note)
  }

  gone(peer: string): void {
    if (this.#uplink.isCut) this.#missed.set(peer, undefined)
    else this.#sink.gone(peer)
  }

  onCut(): void {}

  onHealed(): void {
    for (const [peer, note] of this.#missed) {
      if (note === undefined) this.#sink.gone(peer)
      else this.#sink.note(peer, note)
    }
    this.#missed.clear()
  }
}

const NOBODY: ReadonlySet<string> = new Set()

function unreachable(): Error {
  return new Error('the registry cannot be reached')
}
