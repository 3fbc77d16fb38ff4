// The published schema is what the code gives: seakeep policy schema -o packages/core/policy.schema.json
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { policyDocumentSchema } from '../src/spi.ts'

test('policy.schema.json is the schema of this version', () => {
  const published = createRequire(import.meta.url)('@seakeep/core/policy.schema.json')
  expect(published).toEqual(policyDocumentSchema())
})
