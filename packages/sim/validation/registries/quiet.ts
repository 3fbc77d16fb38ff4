import { NO_EVENTS, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'

/** A runtime that writes no warnings of the process: its events are listened to, or expected. */
export function quiet(): ContainerModule {
  return new ContainerModule(async ({ rebind }) => {
    ;(await rebind(Tokens.events)).toConstantValue(NO_EVENTS)
  })
}
