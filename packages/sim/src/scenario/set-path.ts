/**
 * `--set topology.payments.concurrency=8`: one value of a scenario changed from outside. The path leads through the data
 * form, keys and list positions joined by dots, a dot inside a key written `\.`. What it leads through is copied, since
 * a scenario is its user's; sections that are left out come to be, services and list items do not, for there the path
 * would be a slip. Whether the last word is known is told by validation, which follows.
 */
import { objectOf, type Place, printed, rootPlace } from '@seakeep/core/spi'
import { parse } from 'yaml'
import { unknownWord } from './said.ts'

export interface Setting {
  /** As written: `topology.payments.concurrency=8`. */
  readonly text: string
  readonly keys: readonly string[]
  readonly value: unknown
}

const SHAPE = 'written as path=value, as topology.payments.concurrency=8'

/** Reads what stands behind `--set`; the value is YAML. */
export function parseSetting(text: string): Setting {
  const place = rootPlace('--set')
  const equals = text.indexOf('=')
  if (equals <= 0) throw place.error(`${printed(text)} sets nothing; ${SHAPE}`)
  const keys = splitPath(text.slice(0, equals))
  if (keys.includes('')) throw place.error(`${printed(text)} has an empty word in its path; ${SHAPE}`)
  try {
    return { text, keys, value: parse(text.slice(equals + 1)) as unknown }
  } catch (cause) {
    const problem = ((cause as Error).message.split('\n')[0] ?? '').replace(/ at line .*$/, '')
    throw place.error(`the value of ${printed(text)} is no YAML: ${problem}`)
  }
}

/** At each dot that no backslash stands before. */
function splitPath(path: string): string[] {
  const keys: string[] = []
  let key = ''
  for (let i = 0; i < path.length; i++) {
    const isEscape = path[i] === '\\' && (path[i + 1] === '.' || path[i + 1] === '\\')
    if (path[i] === '.') {
      keys.push(key)
      key = ''
    } else {
      if (isEscape) i++
      key += path[i]
    }
  }
  return [...keys, key]
}

/** `data` with the value in its place; `data` itself stays as it is. */
export function withSetting(data: unknown, setting: Setting): unknown {
  return setIn(data, setting.keys, 0, setting, rootPlace())
}

function setIn(data: unknown, keys: readonly string[], depth: number, setting: Setting, at: Place): unknown {
  const key = keys[depth]
  if (key === undefined) return setting.value
  const inside = at.at(key)
  if (Array.isArray(data)) {
    if (!/^\d+$/.test(key) || Number(key) >= data.length) {
      throw notThere(setting, `${at.path} has ${data.length === 1 ? 'item 0' : `items 0 to ${data.length - 1}`}`)
    }
    return data.map((item: unknown, i) => (i === Number(key) ? setIn(item, keys, depth + 1, setting, inside) : item))
  }
  // `circuitBreaker: true` is a section, too, with all its defaults.
  const object = data === undefined || typeof data === 'boolean' ? {} : objectOf(data)
  if (object === undefined) {
    throw notThere(setting, `${at.path} is ${printed(data)}, in which nothing can be set; set ${at.path} as a whole`)
  }
  // The user's own names: setting one that is not there would quietly make a service nobody calls.
  const holdsNames = at.path === 'topology' || /(^|\.)(methods|versions)$/.test(at.path)
  if (holdsNames && !Object.hasOwn(object, key)) {
    throw unknownWord(
      rootPlace(`--set ${setting.text}`),
      `${printed(key)} is not in ${at.path}`,
      key,
      Object.keys(object),
    )
  }
  return { ...object, [key]: setIn(object[key], keys, depth + 1, setting, inside) }
}

function notThere(setting: Setting, problem: string): Error {
  return rootPlace(`--set ${setting.text}`).error(problem)
}
