import { type ScalarField, scalar } from './field.ts'

/** A token of RFC 9110 5.6.2. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/

/** The name of an HTTP header, in the case it was written. */
export function headerName(): ScalarField<string, ''> {
  return scalar({
    suffix: '',
    expected: "a header's name",
    read: (input) => (typeof input === 'string' && HEADER_NAME.test(input) ? input : undefined),
    schema: { type: 'string', pattern: HEADER_NAME.source },
  })
}
