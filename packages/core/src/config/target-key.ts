/**
 * The key of a target: which calls it speaks of, and which of two that speak of the same call has the last word.
 *
 * `service`, a host glob, `service/method`, `a>b` and `a>b/method`; `*` stands for every service, also as the caller or
 * the called one of an edge. Keys are ordered by their caller, then by their service, then by their method; in each, what
 * says nothing or `*` comes before a pattern, a pattern with fewer characters given before one with more, and a pattern
 * before a name. So
 *
 * `*` < `*.example.com` < `b` < `b/GET /x` < `client>*` < `a>b` < `a>b/GET /x`
 *
 * and an edge from a named caller outranks all that speak of any caller, `client>*` included, while `*>b` says no more
 * than `b` and stands directly after it. Of two that are equal so far the one later by its characters has the last
 * word: the order of keys in a document means nothing.
 */
import type { Place } from '../options/place.ts'
import { printed } from '../options/printed.ts'
import { type MethodPattern, methodPattern } from './method-pattern.ts'
import { EVERY_NAME, type NamePattern, namePattern } from './name-pattern.ts'

export interface TargetKey {
  readonly text: string
  readonly caller: NamePattern
  readonly service: NamePattern
  readonly method: MethodPattern | undefined
}

/** Reads a key; throws a ConfigError that says which part of it is none. */
export function targetKey(text: string, at: Place): TargetKey {
  // The method comes off first: a path may hold anything, a name neither `/` nor `>`.
  const slash = text.indexOf('/')
  const edge = slash === -1 ? text : text.slice(0, slash)
  const method = slash === -1 ? undefined : methodPattern(text.slice(slash + 1))
  if (slash !== -1 && method === undefined) {
    const allowed = 'a method such as POST /charges, GET /orders/:id, * /admin/** or acme.Inventory/Reserve'
    throw at.error(`${printed(text.slice(slash + 1))} is not allowed after the first /; ${allowed}`)
  }
  const names = edge.split('>')
  const patterns = names.map(namePattern)
  const wrong = patterns.indexOf(undefined)
  if (names.length > 2 || wrong !== -1) {
    const allowed = 'service, host glob, service/method, caller>service or caller>service/method'
    const what = names.length > 2 || names[wrong] === '' ? text : names[wrong]
    const rule = 'names hold neither >, #, / nor blanks and are not all digits'
    throw at.error(`${printed(what)} is not allowed; ${allowed}, where ${rule}`)
  }
  const service = patterns.pop() ?? EVERY_NAME
  return { text, caller: patterns.pop() ?? EVERY_NAME, service, method }
}

/** Orders general to special: negative where `a` comes first, never 0 for keys that differ. */
export function compareTargetKeys(a: TargetKey, b: TargetKey): number {
  return (
    compareNames(a.caller, b.caller) ||
    compareNames(a.service, b.service) ||
    compareMethods(a.method, b.method) ||
    Number(a.text.includes('>')) - Number(b.text.includes('>')) ||
    (a.text < b.text ? -1 : a.text > b.text ? 1 : 0)
  )
}

function compareNames(a: NamePattern, b: NamePattern): number {
  return a.rank - b.rank || (a.rank === 1 ? a.literals - b.literals : 0)
}

function compareMethods(a: MethodPattern | undefined, b: MethodPattern | undefined): number {
  if (a === undefined || b === undefined) return Number(b === undefined) - Number(a === undefined)
  return a.literals - b.literals || Number(b.isOpen) - Number(a.isOpen)
}
