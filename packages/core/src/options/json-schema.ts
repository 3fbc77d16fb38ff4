/** JSON Schema (draft 2020-12), as descriptions give it beside their validation, so that editor and runtime agree. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/** What the making of one schema knows. */
export interface SchemaUse {
  /** True inside a part that is laid over others later: nothing is required of it by itself. */
  readonly isFragment: boolean
  /** The `$defs` so far. One that is being made is there as undefined. */
  readonly definitions: Map<string, JsonSchema | undefined>
}
