/** What was thrown, as an Error: anything may be thrown, and events carry errors. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
