import type { ResolvedLink, ResolvedNetwork } from '../scenario/resolved-scenario.ts'
import type { Distribution } from './distribution.ts'
import { isAt } from './link-end.ts'
import { Loss } from './loss.ts'
import { Pipe } from './pipe.ts'
import type { VirtualHost } from './virtual-host.ts'

/** How packets go from hosts of one name and zone to those of another while no fault says otherwise. */
export interface Way {
  readonly latency: Distribution
  readonly loss: Loss | undefined
  /** Share of the requests that arrive twice. */
  readonly duplicate: number
  readonly pipe: Pipe | undefined
}

/** Hosts of one name and zone, which the network cannot tell apart. */
interface Site {
  readonly ways: Map<Site, Way>
}

/** What all packets have in common that one entry of the scenario speaks of: they share its bandwidth and its bursts. */
interface Link extends ResolvedLink {
  readonly ownLoss: Loss | undefined
  readonly pipe: Pipe | undefined
}

/**
 * The ways between hosts, each found with its first packet: field by field the most specific entry of `network.between`,
 * else what the network says of itself, which holds for each direction of each edge alone.
 */
export class Ways {
  /** False where all packets go the same plain way. */
  readonly isSaid: boolean
  readonly #network: ResolvedNetwork
  readonly #links: readonly Link[]
  readonly #sites = new Map<VirtualHost, Site>()
  readonly #named = new Map<string, Site>()
  readonly #plain = new Map<string, Pick<Link, 'ownLoss' | 'pipe'>>()

  constructor(network: ResolvedNetwork) {
    this.#network = network
    this.#links = network.links.map((link) => ({ ...link, ...own(link) }))
    const { loss, duplicate, bytesPerSecond } = network
    this.isSaid = network.links.length > 0 || loss.ratio > 0 || duplicate > 0 || bytesPerSecond !== undefined
  }

  find(from: VirtualHost, to: VirtualHost): Way {
    const [there, here] = [this.#site(from), this.#site(to)]
    let way = there.ways.get(here)
    if (way === undefined) {
      way = this.#way(from, to)
      there.ways.set(here, way)
    }
    return way
  }

  #way(from: VirtualHost, to: VirtualHost): Way {
    const { latency, duplicate } = this.#network
    const links = this.#links.filter((link) => isAt(link.from, from) && isAt(link.to, to))
    const plain = this.#plainOf(`${from.caller}>${to.caller}`)
    return {
      latency: links.find((link) => link.latency !== undefined)?.latency ?? latency,
      loss: (links.find((link) => link.loss !== undefined) ?? plain).ownLoss,
      duplicate: links.find((link) => link.duplicate !== undefined)?.duplicate ?? duplicate,
      pipe: links.find((link) => link.bytesPerSecond !== undefined)?.pipe ?? plain.pipe,
    }
  }

  #plainOf(edge: string): Pick<Link, 'ownLoss' | 'pipe'> {
    let plain = this.#plain.get(edge)
    if (plain === undefined) {
      plain = own(this.#network)
      this.#plain.set(edge, plain)
    }
    return plain
  }

  #site(host: VirtualHost): Site {
    let site = this.#sites.get(host)
    if (site === undefined) {
      const name = `${host.caller} ${host.zone ?? ''}`
      site = this.#named.get(name) ?? { ways: new Map() }
      this.#named.set(name, site)
      this.#sites.set(host, site)
    }
    return site
  }
}

function own({ loss, bytesPerSecond }: Pick<ResolvedLink, 'loss' | 'bytesPerSecond'>): Pick<Link, 'ownLoss' | 'pipe'> {
  return {
    ownLoss: loss === undefined || loss.ratio === 0 ? undefined : new Loss(loss),
    pipe: bytesPerSecond === undefined ? undefined : new Pipe(bytesPerSecond),
  }
}
