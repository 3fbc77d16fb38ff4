import type { Endpoint, Instance, Snapshot, SnapshotDiff } from './endpoint.ts'

/**
 * What is the same about two lists of instances. Registries wake their watchers for reasons of their own (Consul's
 * index moves without a change, a reconnect tells the whole list anew), so lists are compared by content, and an
 * endpoint that has not changed stays the same object from snapshot to snapshot.
 */

/** Whether two instances say the same in every field. */
export function sameInstance(a: Instance, b: Instance): boolean {
  if (a === b) return true
  return (
    a.id === b.id &&
    a.service === b.service &&
    a.address.host === b.address.host &&
    a.address.port === b.address.port &&
    a.protocol === b.protocol &&
    a.weight === b.weight &&
    a.zone === b.zone &&
    a.version === b.version &&
    sameMeta(a.meta, b.meta)
  )
}

/** What was added, changed and removed from one snapshot to another, each in the order of its snapshot. */
export function diffSnapshots(before: Snapshot, after: Snapshot): SnapshotDiff {
  const known = byId(before.endpoints)
  const added: Endpoint[] = []
  const updated: Endpoint[] = []
  for (const endpoint of after.endpoints) {
    const previous = known.get(endpoint.id)
    if (previous === undefined) added.push(endpoint)
    else if (!sameInstance(previous, endpoint)) updated.push(endpoint)
    known.delete(endpoint.id)
  }
  return { added, updated, removed: [...known.values()] }
}

/**
 * The endpoints for a registry's new list: objects of before where nothing changed, the whole list of before where
 * nothing at all did. Another order alone is no change, and of two instances with one id the first counts. A frozen list
 * that can be taken as it is, is: then all clients of one registry share it.
 */
export function carryOver(before: readonly Endpoint[], instances: readonly Instance[]): readonly Endpoint[] {
  const known = byId(before)
  const endpoints = new Map<string, Endpoint>()
  let isChanged = false
  let isAsGiven = Object.isFrozen(instances)
  for (const instance of instances) {
    if (endpoints.has(instance.id)) continue
    const previous = known.get(instance.id)
    const isSame = previous !== undefined && sameInstance(previous, instance)
    if (!isSame) isChanged = true
    else if (previous !== instance) isAsGiven = false
    endpoints.set(instance.id, isSame ? previous : instance)
  }
  if (!isChanged && endpoints.size === before.length) return before
  return isAsGiven && endpoints.size === instances.length ? instances : Object.freeze([...endpoints.values()])
}

function byId(endpoints: readonly Endpoint[]): Map<string, Endpoint> {
  return new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]))
}

function sameMeta(a: Instance['meta'] = {}, b: Instance['meta'] = {}): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
}
