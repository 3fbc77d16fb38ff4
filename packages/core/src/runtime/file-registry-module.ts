import { ContainerModule } from 'inversify'
import { parseText } from '../config/parse-text.ts'
import { NodeFileRegistry } from '../discovery/node-file-registry.ts'
import type { Duration } from '../options/duration.ts'
import { rootPlace } from '../options/place.ts'
import { duration } from '../options/quantities.ts'
import { type FieldsOf, record } from '../options/record.ts'
import { text } from '../options/words.ts'
import { Tokens } from './tokens.ts'

export interface FileRegistryOptions {
  /** A YAML or JSON file: for each service a list of its instances. Relative to the working directory. */
  readonly path: string
  /** How often it is read where no change was noticed. Default 5 s, from 100 ms to 1 h. */
  readonly poll?: Duration
}

const OPTIONS = record({
  path: text(),
  poll: duration({ default: '5s', min: 100, max: '1h', about: 'How often the file is read' }),
} satisfies FieldsOf<FileRegistryOptions>)

/**
 * A registry that is a file, followed as it changes. Nothing is announced in it: what is served is for its author to
 * write.
 *
 * @throws ConfigError naming the option, its value and what is allowed.
 */
export function fileRegistry(options: FileRegistryOptions): ContainerModule {
  const { path, pollMs } = OPTIONS.resolve(options, rootPlace('fileRegistry'))
  return new ContainerModule((bindings) => {
    bindings
      .bind(Tokens.registry)
      .toConstantValue((ports) => new NodeFileRegistry({ path, pollMs, parse: parseText }, ports))
  })
}
