/** Fields that hold a word: one of several, a name, free text, yes or no. */
import { type ScalarField, scalar } from './field.ts'
import { didYouMean } from './suggest.ts'

/** One of a few words or numbers. */
export function oneOf<const Word extends string | number>(
  words: readonly Word[],
  rules: {
    readonly default?: NoInfer<Word>
    /** Words that a later version knows: refused as such rather than as unknown. */
    readonly notYet?: readonly string[]
    readonly about?: string
  } = {},
): ScalarField<Word, ''> {
  return scalar({
    ...rules,
    suffix: '',
    expected: words.length === 1 ? `it must be ${words[0]}` : `one of ${words.join(', ')}`,
    read: (input) => words.find((word) => word === input),
    hint: (input) => {
      if (typeof input !== 'string') return ''
      const isQuotedNumber = words.some((word) => typeof word === 'number' && String(word) === input)
      return isQuotedNumber ? `; did you mean ${input}, without quotes?` : didYouMean(input, words.map(String))
    },
    problem(input) {
      const isKnownLater = rules.notYet?.includes(input as string) ?? false
      return isKnownLater ? `${input} is not available yet in this version; allowed: ${words.join(', ')}` : undefined
    },
    schema: words.length === 1 ? { const: words[0] } : { enum: words },
  })
}

/** What a name of a service, a policy or a workload must match. */
export const NAME_PATTERN = '^(?!\\d+$)[^>#/*\\s]+$'
const NAME = new RegExp(NAME_PATTERN)
const NAME_EXPECTED = 'a name without >, #, /, * or blanks that is not all digits'

/** True for what may name a service, a policy or a workload: such names stand unescaped in keys like `a>b/method`. */
export function isName(text: string): boolean {
  return NAME.test(text)
}

/** The name of a service, a policy or a workload. */
export function name(rules: { readonly about?: string } = {}): ScalarField<string, ''> {
  return scalar({
    ...rules,
    suffix: '',
    expected: NAME_EXPECTED,
    read: (input) => (typeof input === 'string' && isName(input) ? input : undefined),
    schema: { type: 'string', pattern: NAME_PATTERN },
  })
}

/** Any text but the empty one. */
export function text(rules: { readonly default?: string; readonly about?: string } = {}): ScalarField<string, ''> {
  return scalar({
    ...rules,
    suffix: '',
    expected: 'a text',
    read: (input) => (typeof input === 'string' && input !== '' ? input : undefined),
    schema: { type: 'string', minLength: 1 },
  })
}

/** Yes or no. */
export function bool(rules: { readonly default?: boolean; readonly about?: string } = {}): ScalarField<boolean, ''> {
  return scalar({
    ...rules,
    suffix: '',
    expected: 'true or false',
    read: (input) => (typeof input === 'boolean' ? input : undefined),
    schema: { type: 'boolean' },
  })
}
