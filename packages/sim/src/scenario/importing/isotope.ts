/**
 * Reads a service graph of isotope's format (istio/tools) into the data form of a topology, so that everything after it
 * (`--set`, validation, import to a file) knows one form only. isotope's own keys which we have no use for are reported
 * and not refused; what would change the result and cannot be read is refused.
 */
import { ConfigError } from '@seakeep/core'
import { didYouMean, isName, printed as show } from '@seakeep/core/spi'
import { usableName } from '../names.ts'
import type { ServiceData, StepData } from '../scenario-data.ts'
import { ImportedTopology } from './imported-topology.ts'
import { byteSize, goDurationMs, isotopeRatio } from './isotope-values.ts'

type Fields = Readonly<Record<string, unknown>>

export function isIsotope(data: unknown): boolean {
  return isFields(data) && Array.isArray(data.services)
}

/** `file` is what the graph is called in errors and warnings. */
export function readIsotope(data: unknown, file: string): ImportedTopology {
  return new IsotopeReader(file, false).read(data)
}

class IsotopeReader {
  readonly #file: string
  /** Keys without a meaning here, in the order seen. */
  readonly #unused = new Set<string>()
  /** From isotope's name to ours. */
  readonly #names = new Map<string, string>()
  readonly #countsSizes: boolean

  constructor(file: string, countsSizes: boolean) {
    this.#file = file
    this.#countsSizes = countsSizes
  }

  read(data: unknown): ImportedTopology {
    if (!isFields(data) || !Array.isArray(data.services)) throw this.#error('services', 'is not a list of services')
    if (data.services.length === 0) throw this.#error('services', 'holds no service')
    this.#note(data, ['defaults', 'services'])
    const services = data.services.map((one, i) => this.#fields(one, `services.${i}`))
    const renamed = this.#readNames(services)
    const defaults = data.defaults === undefined ? {} : this.#fields(data.defaults, 'defaults')
    const requestBytes = this.#readSize(defaults.requestSize, 'defaults.requestSize')
    this.#note(defaults, ['numReplicas', 'errorRate', 'script', ...this.#sizeKeys('requestSize', 'responseSize')])

    const topology: Record<string, ServiceData> = {}
    const called = new Set<string>()
    const marked: string[] = []
    services.forEach((fields, i) => {
      const path = `services.${i}`
      const sizeKey = this.#sizeKeys('responseSize')
      this.#note(fields, ['name', 'isEntrypoint', 'numReplicas', 'errorRate', 'script', ...sizeKey])
      const responseBytes = this.#readSize(fields.responseSize ?? defaults.responseSize, `${path}.responseSize`)
      const name = this.#names.get(String(fields.name)) ?? ''
      const sizes = this.#countsSizes ? written({ requestBytes, responseBytes }) : {}
      topology[name] = { ...this.#readService({ ...defaults, ...fields }, path, called), ...sizes }
      if (this.#flag(fields.isEntrypoint, `${path}.isEntrypoint`)) marked.push(name)
    })

    const entries = marked.length > 0 ? marked : Object.keys(topology).filter((name) => !called.has(name))
    if (entries.length === 0) {
      throw this.#error(
        'services',
        'none has isEntrypoint, and each is called by another: mark the entry with isEntrypoint',
      )
    }
    const shares = entries.map((service) => ({ service, share: 1 }))
    const sized = this.#countsSizes ? undefined : () => new IsotopeReader(this.#file, true).read(data)
    return new ImportedTopology(topology, shares, [...renamed, ...this.#unusedKeys()], { sized })
  }

  #readNames(services: readonly Fields[]): string[] {
    const taken = new Set<string>()
    services.forEach(({ name }, i) => {
      if (typeof name !== 'string' || name === '') throw this.#error(`services.${i}.name`, 'is required')
      if (this.#names.has(name)) throw this.#error(`services.${i}.name`, `'${name}' is there twice`)
      this.#names.set(name, name)
      if (isName(name)) taken.add(name)
    })
    const warnings: string[] = []
    for (const name of this.#names.keys()) {
      if (isName(name)) continue
      const renamed = usableName(name, taken)
      taken.add(renamed)
      this.#names.set(name, renamed)
      warnings.push(`${this.#file}: service ${show(name)} is called ${renamed} here`)
    }
    return warnings
  }

  #readService(fields: Fields, path: string, called: Set<string>): ServiceData {
    const errorRate = fields.errorRate === undefined ? undefined : isotopeRatio(fields.errorRate)
    if (fields.errorRate !== undefined && errorRate === undefined) {
      throw this.#error(`${path}.errorRate`, `${show(fields.errorRate)} is no share: a number from 0 to 1, or '0.1%'`)
    }
    const replicas = fields.numReplicas ?? 1
    if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 1) {
      throw this.#error(`${path}.numReplicas`, `${show(replicas)} is no number of replicas: a whole number from 1`)
    }
    return {
      replicas,
      ...(errorRate ? { errorRate } : {}),
      ...(fields.script === undefined ? {} : { steps: this.#readScript(fields.script, `${path}.script`, called) }),
    }
  }

  #readScript(script: unknown, path: string, called: Set<string>): StepData[] {
    if (!Array.isArray(script)) throw this.#error(path, `${show(script)} is no list of steps`)
    return script.map((step, i) => this.#readStep(step, `${path}.${i}`, called))
  }

  #readStep(step: unknown, path: string, called: Set<string>): StepData {
    if (Array.isArray(step)) return this.#readScript(step, path, called)
    const fields = this.#fields(step, path)
    const keys = Object.keys(fields)
    if (keys.length !== 1 || (keys[0] !== 'sleep' && keys[0] !== 'call')) {
      throw this.#error(path, `${show(step)} is no step: one of { sleep }, { call } or a list of those`)
    }
    if (keys[0] === 'call') return this.#readCall(fields.call, `${path}.call`, called)
    const ms = goDurationMs(fields.sleep)
    if (ms === undefined) {
      throw this.#error(`${path}.sleep`, `${show(fields.sleep)} is no duration as isotope writes it: '10ms', '1m30s'`)
    }
    return { work: ms }
  }

  #readCall(call: unknown, path: string, called: Set<string>): StepData {
    const fields = typeof call === 'string' ? { service: call } : this.#fields(call, path)
    this.#note(fields, ['service', 'probability', ...this.#sizeKeys('size', 'payloadSize')])
    const size = this.#readSize(fields.size, `${path}.size`)
    const requestBytes = size ?? this.#readSize(fields.payloadSize, `${path}.payloadSize`)
    const service = fields.service
    const name = typeof service === 'string' ? this.#names.get(service) : undefined
    if (name === undefined) {
      const hint = typeof service === 'string' ? didYouMean(service, [...this.#names.keys()]) : ''
      throw this.#error(path, `${show(service)} is no service of this graph${hint}`)
    }
    called.add(name)
    // isotope's probability is a whole percentage, and 0 stands for "always".
    const percent = fields.probability ?? 0
    if (typeof percent !== 'number' || !Number.isInteger(percent) || percent < 0 || percent > 100) {
      throw this.#error(`${path}.probability`, `${show(percent)} is no whole percentage from 0 to 100`)
    }
    const probability = percent === 0 || percent === 100 ? undefined : percent / 100
    const sizes = this.#countsSizes ? written({ requestBytes }) : {}
    return { call: name, ...(probability === undefined ? {} : { probability }), ...sizes }
  }

  #readSize(size: unknown, path: string): number | undefined {
    const bytes = byteSize(size)
    if (size !== undefined && bytes === undefined) {
      throw this.#error(path, `${show(size)} is no size: bytes, or '1 KB', '16k', '2MiB'`)
    }
    return bytes
  }

  /** Keys that have a meaning where sizes count. */
  #sizeKeys(...keys: readonly string[]): readonly string[] {
    return this.#countsSizes ? keys : []
  }

  #flag(value: unknown, path: string): boolean {
    if (value === undefined || typeof value === 'boolean') return value ?? false
    throw this.#error(path, `${show(value)} is neither true nor false`)
  }

  #fields(value: unknown, path: string): Fields {
    if (!isFields(value)) throw this.#error(path, `${show(value)} is no object`)
    return value
  }

  #note(fields: Fields, used: readonly string[]): void {
    for (const key of Object.keys(fields)) if (!used.includes(key)) this.#unused.add(key)
  }

  #unusedKeys(): string[] {
    if (this.#unused.size === 0) return []
    const keys = [...this.#unused]
    const sizes = keys.some((key) => /size$/i.test(key)) ? ' (sizes count only where the network has a bandwidth)' : ''
    return [`${this.#file}: keys not used: ${keys.join(', ')}${sizes}`]
  }

  #error(path: string, problem: string): ConfigError {
    return new ConfigError(`${this.#file}: ${path}`, problem)
  }
}

type Sizes = { requestBytes?: number | undefined; responseBytes?: number | undefined }

/** Only what is there. */
function written(sizes: Sizes): { requestBytes?: number; responseBytes?: number } {
  return Object.fromEntries(Object.entries(sizes).filter(([, size]) => size !== undefined))
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
