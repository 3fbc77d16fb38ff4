/**
 * Lets a scenario import `@seakeep/sim` and `@seakeep/core` from anywhere: where its own folder has no such package, it
 * gets the one this program belongs to. A project's own copy goes first, since that is what it ships.
 */
import { registerHooks } from 'node:module'

export function provideOwnPackages(): void {
  registerHooks({
    resolve(specifier, context, next) {
      if (!/^@seakeep\/(sim|core)(\/|$)/.test(specifier)) return next(specifier, context)
      try {
        return next(specifier, context)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
        return next(specifier, { ...context, parentURL: import.meta.url })
      }
    },
  })
}
