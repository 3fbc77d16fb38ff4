/**
 * Judges what `/v1/health/service/:name` tells of all instances, the failed ones too: asked for those that pass only,
 * Consul leaves out one that failed and one that said goodbye alike.
 *
 * | checks | |
 * |---|---|
 * | all passing or warning | an instance |
 * | critical, marked as leaving; maintenance mode | left: somebody meant it |
 * | else critical: a lease that ran out, a failed check, a lost agent | missing, and not left |
 *
 * A lease that ran out is no goodbye: an agent that was frozen, or lost its state, lets those of all its instances run
 * out at once. One more or less is believed by the resolver all the same, a mass of them with care.
 */
import type { Instance } from '@seakeep/core'
import { integerAt, type JsonObject, listAt, objectAt, orEmpty, textAt } from './answer-reader.ts'
import { RegistryAnswerError } from './consul-errors.ts'
import { META, OWN } from './instance-record.ts'

export interface HealthAnswer {
  /** In the order of their ids, the same for all who ask. */
  readonly instances: readonly Instance[]
  /** The ids of those that said goodbye. */
  readonly left: ReadonlySet<string>
  /** Consul has no entry of that service, not even a failed one. */
  readonly isEmpty: boolean
  /** Why entries were left out. */
  readonly problems: readonly RegistryAnswerError[]
}

/** The output of a check that was failed on purpose, as the last word before a deregistration. */
export const LEAVING = 'seakeep: leaving'

/** `protocol` is that of instances which do not say theirs. */
export function readHealthAnswer(service: string, answer: unknown, protocol: string): HealthAnswer {
  const entries = listAt(answer, '')
  const live = new Map<string, Instance>()
  const left = new Set<string>()
  const problems: RegistryAnswerError[] = []
  entries.forEach((entry, at) => {
    try {
      const path = `[${at}]`
      const record = objectAt(entry, path)
      const state = stateOf(record, path)
      if (state === 'missing') return
      const instance = instanceOf(service, record, path, protocol)
      if (state === 'live') live.set(instance.id, instance)
      else left.add(instance.id)
    } catch (error) {
      if (!(error instanceof RegistryAnswerError)) throw error
      problems.push(error)
    }
  })
  if (entries.length > 0 && problems.length === entries.length) throw problems[0]!
  // Who has moved to another agent has left the old one and is there all the same.
  for (const id of live.keys()) left.delete(id)
  const instances = [...live.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  return { instances, left, isEmpty: entries.length === 0, problems }
}

function stateOf(record: JsonObject, path: string): 'live' | 'left' | 'missing' {
  let state: 'live' | 'left' | 'missing' = 'live'
  listAt(orEmpty(record.Checks, []), `${path}.Checks`).forEach((entry, at) => {
    const where = `${path}.Checks[${at}]`
    const { Status, Output, CheckID } = objectAt(entry, where)
    const status = textAt(Status, `${where}.Status`)
    if (status === 'passing' || status === 'warning') return
    const id = textAt(orEmpty(CheckID, ''), `${where}.CheckID`)
    if (status === 'maintenance' || MAINTENANCE.test(id) || isLeaving(Output)) state = 'left'
    else if (status !== 'critical')
      throw new RegistryAnswerError(`${where}.Status`, `${status} is no status of a check`)
    else if (state === 'live') state = 'missing'
  })
  return state
}

const MAINTENANCE = /^_(node|service)_maintenance/

function isLeaving(output: unknown): boolean {
  return typeof output === 'string' && output.startsWith(LEAVING)
}

function instanceOf(service: string, record: JsonObject, path: string, protocol: string): Instance {
  const at = `${path}.Service`
  const entry = objectAt(record.Service, at)
  const meta = readMeta(orEmpty(entry.Meta, {}), `${at}.Meta`)
  const host = textAt(orEmpty(entry.Address, ''), `${at}.Address`)
  const said = meta.get(META.id) === undefined ? foreign(record, entry, meta, path) : own(meta, `${at}.Meta`)
  const others = [...meta].filter(([key]) => !key.startsWith(OWN))
  return Object.freeze({
    protocol,
    ...said,
    service,
    address: Object.freeze({ host: host === '' ? nodeAddress(record, path) : host, port: portOf(entry, at) }),
    ...(others.length === 0 ? {} : { meta: Object.freeze(Object.fromEntries(others)) }),
  })
}

type Said = Pick<Instance, 'id' | 'weight'> & Partial<Pick<Instance, 'protocol' | 'zone' | 'version'>>

function own(meta: ReadonlyMap<string, string>, at: string): Said {
  const written = meta.get(META.weight) ?? '1'
  const weight = Number(written)
  if (written.trim() === '' || !(weight >= 0) || weight === Number.POSITIVE_INFINITY) {
    throw new RegistryAnswerError(`${at}.${META.weight}`, `${JSON.stringify(written)} is no weight`)
  }
  return { id: meta.get(META.id)!, weight, ...named(meta, OWN) }
}

/** Registered by others: their ids are unique on one agent only, and what they say stands where most put it. */
function foreign(record: JsonObject, entry: JsonObject, meta: ReadonlyMap<string, string>, path: string): Said {
  const node = textAt(objectAt(record.Node, `${path}.Node`).Node, `${path}.Node.Node`)
  const id = `${node}/${textAt(entry.ID, `${path}.Service.ID`)}`
  const weights = objectAt(orEmpty(entry.Weights, {}), `${path}.Service.Weights`)
  const weight = integerAt(weights.Passing ?? 1, `${path}.Service.Weights.Passing`, 0, 65_535)
  const tags = listAt(orEmpty(entry.Tags, []), `${path}.Service.Tags`)
  const tag = tags.find((one): one is string => typeof one === 'string' && one.startsWith('version='))
  const version = tag === undefined ? {} : { version: tag.slice('version='.length) }
  return { id, weight, ...version, ...named(meta, '') }
}

function named(meta: ReadonlyMap<string, string>, prefix: string): Partial<Said> {
  const found = (['protocol', 'zone', 'version'] as const).map((name) => [name, meta.get(prefix + name)] as const)
  return Object.fromEntries(found.filter(([, value]) => value !== undefined))
}

function readMeta(value: unknown, at: string): ReadonlyMap<string, string> {
  const entries = Object.entries(objectAt(value, at))
  return new Map(entries.map(([key, text]) => [key, textAt(text, `${at}.${key.slice(0, 128)}`)]))
}

function nodeAddress(record: JsonObject, path: string): string {
  const address = textAt(objectAt(record.Node, `${path}.Node`).Address, `${path}.Node.Address`)
  if (address === '') throw new RegistryAnswerError(`${path}.Service.Address`, 'there is none, and the node has none')
  return address
}

function portOf(entry: JsonObject, at: string): number {
  return integerAt(orEmpty(entry.Port, 0), `${at}.Port`, 1, 65_535)
}
