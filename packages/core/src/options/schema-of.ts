/** The JSON Schema of a whole description, and descriptions that have a name in it. */
import type { Field } from './field.ts'
import type { JsonSchema } from './json-schema.ts'

export interface SchemaHead {
  readonly $id: string
  readonly title: string
  readonly description?: string
}

/** The schema of everything that `field` accepts in YAML or JSON. */
export function jsonSchemaOf(field: Field<unknown>, head: SchemaHead): JsonSchema {
  const definitions = new Map<string, JsonSchema | undefined>()
  const schema = field.schema({ isFragment: false, definitions })
  const whole = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema, ...head }
  return definitions.size === 0 ? whole : { ...whole, $defs: Object.fromEntries(definitions) }
}

/**
 * A field that has a name of its own in the schema (`$defs`): for descriptions that contain themselves, and for large
 * ones used in many places. `describe` is called when the field is used, not before, which is why the suffix has to be
 * said here. A name is for one field only.
 */
export function named<Out, Suffix extends string>(
  name: string,
  describe: () => Field<Out, Suffix>,
  suffix: Suffix,
): Field<Out, Suffix> {
  return {
    suffix,
    get isRequired() {
      return describe().isRequired
    },
    get expected() {
      return describe().expected
    },
    resolve: (input, at) => describe().resolve(input, at),
    normalize: (input, at) => describe().normalize(input, at),
    schema(use) {
      if (!use.definitions.has(name)) {
        use.definitions.set(name, undefined)
        use.definitions.set(name, describe().schema(use))
      }
      return { $ref: `#/$defs/${name}` }
    },
  }
}
