/** A value as an error shows it: on one line, short, and so that text cannot be taken for a number. */
export function printed(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 60 ? `${value.slice(0, 59)}…` : value)
    case 'function':
      return 'a function'
    case 'bigint':
      return `${value}n`
    case 'object':
      if (value === null) return 'null (nothing is written here)'
      return Array.isArray(value) ? 'a list' : 'an object'
    default:
      return String(value)
  }
}
