/**
 * The methods that a target's key speaks of: `POST /charges`, `GET /orders/:id`, `* /admin/**`, `acme.Inventory/Reserve`.
 *
 * `:x` or `*` stands for one segment, which is not empty; `**` at the end for all that is left, also nothing, and alone
 * for every method. `*` for the verb is any verb.
 */
export interface MethodPattern {
  /** Characters that are given: of two patterns the one with more is the more special. */
  readonly literals: number
  /** Ends in `**`: more general than another pattern with as many characters. */
  readonly isOpen: boolean
  matches(method: string): boolean
  /** A method that it matches. */
  readonly example: string
}

const VERB = /^([A-Z][A-Z-]*|\*)$/
const HTTP_PATH = /^(\/\S*|\*\*)$/
const OTHER_METHOD = /^[^\s/]\S*$/

/** Undefined where the text is no pattern: a star within a segment, `**` before the end, a path without a verb. */
export function methodPattern(text: string): MethodPattern | undefined {
  const [verb, path] = splitMethod(text)
  if (verb === undefined ? !OTHER_METHOD.test(path) : !VERB.test(verb) || !HTTP_PATH.test(path)) return undefined
  const segments = path.split('/')
  const isOpen = segments.at(-1) === '**'
  if (isOpen) segments.pop()
  if (segments.some((segment) => segment.includes('*') && segment !== '*')) return undefined

  const literal = segments.filter((segment) => !isWildcard(segment)).join('')
  const examplePath = [...segments.map((segment) => (isWildcard(segment) ? 'x' : segment)), ...(isOpen ? ['x'] : [])]
  return {
    literals: literal.length + (verb === undefined || verb === '*' ? 0 : verb.length),
    isOpen,
    matches(method) {
      if (text === '**') return true
      const [givenVerb, givenPath] = splitMethod(method)
      if (verb === '*' ? givenVerb === undefined : givenVerb !== verb) return false
      const given = givenPath.split('/')
      if (isOpen ? given.length < segments.length : given.length !== segments.length) return false
      return segments.every((segment, i) => (isWildcard(segment) ? given[i] !== '' : given[i] === segment))
    },
    example: `${verb === undefined ? '' : verb === '*' ? 'ANY ' : `${verb} `}${examplePath.join('/')}`,
  }
}

/** Verb and path of an HTTP method; no verb for a method of another protocol. */
function splitMethod(method: string): [verb: string | undefined, path: string] {
  const blank = method.indexOf(' ')
  return blank === -1 ? [undefined, method] : [method.slice(0, blank), method.slice(blank + 1)]
}

function isWildcard(segment: string): boolean {
  return segment === '*' || segment.startsWith(':')
}
