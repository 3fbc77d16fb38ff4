// What descriptions are built with, as `spi.ts` hands it out: the simulator describes its scenarios with the same fields.

export { type CollectionRules, listOf, mapOf } from './collections.ts'
export { type Duration, durationText, millisecondsOf, type Ratio, ratioOf } from './duration.ts'
export {
  type Field,
  missing,
  notAllowed,
  optional,
  refined,
  type ScalarField,
  type ScalarRules,
  scalar,
} from './field.ts'
export type { JsonSchema, SchemaUse } from './json-schema.ts'
export { type Fragment, fragment, layer, orFalse } from './layer.ts'
export { parseDuration } from './parse-duration.ts'
export { type Locate, type Place, placeOf, rootPlace } from './place.ts'
export { printed } from './printed.ts'
export { duration, integer, number, type QuantityRules, ratio } from './quantities.ts'
export {
  extended,
  type Fields,
  type FieldsOf,
  objectOf,
  type RecordField,
  type RecordRules,
  type Resolved,
  record,
} from './record.ts'
export { jsonSchemaOf, named, type SchemaHead } from './schema-of.ts'
export { byKey, byKind, func } from './shapes.ts'
export { didYouMean, suggest } from './suggest.ts'
export { bool, isName, name, oneOf, text } from './words.ts'
