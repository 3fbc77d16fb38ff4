/** Service graphs of other tools: told apart by what they hold, and read into one form. */
import type { Locate } from '@seakeep/core/spi'
import { fitTopology } from './fit-topology.ts'
import { ForeignFields } from './foreign-fields.ts'
import type { ImportedTopology } from './imported-topology.ts'
import { isIsotope, readIsotope } from './isotope.ts'
import { isJaegerDependencies, readJaegerDependencies } from './jaeger-dependencies.ts'
import { isJaegerTraces, readJaegerTraces } from './jaeger-traces.ts'
import { isOtlpTraces, readOtlpTraces } from './otlp-traces.ts'
import type { TraceFile } from './trace-span.ts'

interface Format {
  /** As sentences call what such a file holds. */
  readonly about: string
  holds(data: unknown): boolean
  read(data: unknown, fields: ForeignFields): ImportedTopology
}

/** The keys under which a topology names a file of another tool, as `{ jaeger: 'traces.json' }`. */
export type ForeignKind = 'isotope' | 'otlp' | 'jaeger' | 'jaegerDependencies'

const FORMATS: Readonly<Record<ForeignKind, Format>> = {
  isotope: {
    about: 'an isotope service graph',
    holds: isIsotope,
    read: (data, { file }) => readIsotope(data, file),
  },
  otlp: { about: 'OTLP traces', holds: isOtlpTraces, read: traces(readOtlpTraces) },
  jaeger: { about: 'Jaeger traces', holds: isJaegerTraces, read: traces(readJaegerTraces) },
  jaegerDependencies: {
    about: 'a Jaeger dependency graph',
    holds: isJaegerDependencies,
    read: readJaegerDependencies,
  },
}

export const FOREIGN_KINDS = Object.keys(FORMATS) as readonly ForeignKind[]

/** What the data is, by its content; undefined for none of these. */
export function foreignKind(data: unknown): ForeignKind | undefined {
  return FOREIGN_KINDS.find((kind) => FORMATS[kind].holds(data))
}

export function aboutForeign(kind: ForeignKind): string {
  return FORMATS[kind].about
}

/** `file` is what it is called in errors and warnings. Throws a ConfigError that names the path in it. */
export function readForeign(
  kind: ForeignKind,
  data: unknown,
  file: string,
  locate: Locate | undefined,
): ImportedTopology {
  return FORMATS[kind].read(data, new ForeignFields(file, locate))
}

function traces(read: (data: unknown, fields: ForeignFields) => TraceFile): Format['read'] {
  return (data, fields) => {
    const file = read(data, fields)
    if (file.spans.length === 0) throw fields.error([], 'holds no spans')
    return fitTopology(file, fields.file)
  }
}
