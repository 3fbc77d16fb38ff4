/**
 * A scenario from a file. Code is imported, everything else is read as YAML or JSON and told apart by its content, so
 * that a service graph of another tool runs as it is.
 */
import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError } from '@seakeep/core'
import { type Locate, objectOf } from '@seakeep/core/spi'
import { foreignKind, readForeign } from './importing/foreign-topology.ts'
import { readText, shortened } from './node-files.ts'
import { parseData } from './parse-data.ts'
import { type CheckedScenario, resolveScenario, type ScenarioOverrides } from './resolving/resolve-scenario.ts'

export interface LoadedScenario {
  /** As it is called in messages. */
  readonly file: string
  /** What paths in it are relative to. */
  readonly baseDir: string
  /** The file's name without its endings. */
  readonly name: string
  /** The scenario in data form, not yet validated. */
  readonly input: unknown
  /** A topology without a scenario. */
  readonly isBare: boolean
  readonly locate: Locate | undefined
}

const CODE = ['.ts', '.mts', '.js', '.mjs', '.cjs']
const DATA = ['.yaml', '.yml', '.json']

/** Throws a ConfigError where the file cannot be used; what its code throws comes through as it is. */
export async function loadScenario(path: string, cwd = ''): Promise<LoadedScenario> {
  const absolute = resolve(cwd, path)
  const file = shortened(absolute)
  if (!existsSync(absolute)) throw new ConfigError('', `the file ${file} does not exist`)
  if (statSync(absolute).isDirectory()) throw new ConfigError('', `${file} is a folder; name a scenario in it`)
  const ending = extname(absolute)
  const name = basename(absolute, ending).replace(/\.sim$/, '')
  const common = { file, name, baseDir: dirname(absolute) }
  if (CODE.includes(ending)) {
    return { ...common, input: await importScenario(absolute, file), isBare: false, locate: undefined }
  }
  if (!DATA.includes(ending)) {
    throw new ConfigError(file, `a scenario ends in ${[...CODE, ...DATA].join(', ')}`)
  }
  const { text } = readText('', absolute, '')
  const { value, locate } = parseData(text, file)
  return { ...common, ...recognised(value, file, locate), locate }
}

/** The scenario of a file, ready to run. */
export function resolveLoaded(loaded: LoadedScenario, overrides: ScenarioOverrides = {}): CheckedScenario {
  const { input, baseDir, name, isBare, locate } = loaded
  return resolveScenario(input, { baseDir, name, isBare, locate, overrides })
}

async function importScenario(absolute: string, file: string): Promise<unknown> {
  const module = await importModule(absolute, file)
  const { default: scenario } = module
  if (scenario === undefined) {
    const named = Object.keys(module).length > 0 ? `; it exports ${Object.keys(module).join(', ')}` : ''
    throw new ConfigError(file, `has no default export; write export default defineScenario({ … })${named}`)
  }
  if (typeof scenario === 'function') {
    throw new ConfigError(file, 'its default export is a function; export the scenario itself')
  }
  return scenario
}

/** Code that throws comes through as it is; what never ran is a file that cannot be read, as YAML that does not parse. */
async function importModule(absolute: string, file: string): Promise<{ readonly default?: unknown }> {
  try {
    return (await import(pathToFileURL(absolute).href)) as { readonly default?: unknown }
  } catch (error) {
    const problem = unreadable(error)
    if (problem === undefined) throw error
    throw new ConfigError(file, problem, { cause: error })
  }
}

/** What is wrong with code that does not parse, or imports what is not there; undefined for what it threw itself. */
function unreadable(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as { readonly code?: unknown }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return error.message
  // Node's loader is the first frame where it could not read or link the code, and not where code threw a SyntaxError.
  const [frame = ''] = /^ +at .*$/m.exec(error.stack ?? '') ?? []
  if (!(error instanceof SyntaxError) || !frame.includes('node:internal/modules/')) return undefined
  const place = /^file:\/\/\S+:\d+(?=\n)/.exec(error.stack ?? '')
  return place === null ? error.message : `${error.message} (${place[0]})`
}

function recognised(value: unknown, file: string, locate: Locate): Pick<LoadedScenario, 'input' | 'isBare'> {
  const object = objectOf(value)
  if (object !== undefined && Object.hasOwn(object, 'topology')) return { input: value, isBare: false }
  const kind = foreignKind(value)
  if (kind !== undefined) return { input: { topology: readForeign(kind, value, file, locate) }, isBare: true }
  if (object !== undefined && (Object.hasOwn(object, 'targets') || Object.hasOwn(object, 'policies'))) {
    throw new ConfigError(file, 'is a policy document, not a scenario; give it with --policies')
  }
  const holds = object === undefined ? 'it holds no object' : `its keys are ${Object.keys(object).join(', ') || 'none'}`
  throw new ConfigError(file, `is neither a scenario nor a service graph; ${EXPECTED}; ${holds}`)
}

const EXPECTED =
  'a scenario has a topology, an isotope service graph a list of services, OTLP traces have resourceSpans, ' +
  'Jaeger traces data with spans, and Jaeger dependencies are a list of { parent, child, callCount }'
