import { ConfigError, isConfigError } from '@seakeep/core'

/** undici's codes for a request that it will not write. */
const MISUSE = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])

/** The mistake of the caller's behind an error; undefined where it is the network's or the server's. */
export function misuseOf(thrown: Error): ConfigError | undefined {
  if (isConfigError(thrown)) return thrown
  if (!MISUSE.has((thrown as { code?: string }).code ?? '')) return undefined
  return new ConfigError('request', thrown.message, { cause: thrown })
}
