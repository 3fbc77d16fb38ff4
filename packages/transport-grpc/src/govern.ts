import { Channel, type ChannelCredentials, type ChannelInterface, type ClientOptions } from '@grpc/grpc-js'
import { ConfigError, type Runtime } from '@seakeep/core'
import { GovernedChannel, type GovernOptions } from './governed-channel.ts'
import { kindOf } from './method-kind.ts'

const DISCOVERY = /^discovery:(?:\/\/\/)?([^/]+)$/

/**
 * The options that govern a grpc-js stub, of whatever codegen, with no further change to it: its calls, unary and
 * streaming, are calls of the runtime to `service`. The address and the credentials that the stub is given count for
 * nothing, since endpoints are the registry's and encryption is an option of `grpc()`.
 *
 * ```ts
 * const inventory = new InventoryClient('discovery:///inventory', credentials.createInsecure(), govern(rt, 'inventory'))
 * ```
 *
 * Without a service the stub's address names it, as `discovery:///inventory`; stubs with other addresses stay as they are.
 */
export function govern(runtime: Runtime, service?: string, options: GovernOptions = {}): ClientOptions {
  const { clock } = runtime
  const known = {
    callInvocationTransformer: (properties) => {
      const { channel, methodDefinition } = properties
      if (!(channel instanceof GovernedChannel)) return properties
      return { ...properties, channel: channel.for(kindOf(methodDefinition)) }
    },
  } satisfies ClientOptions
  if (service !== undefined) {
    return { ...known, channelOverride: new GovernedChannel(runtime, nameIn(service), options, clock) }
  }
  return {
    ...known,
    channelFactoryOverride: (target: string, credentials: ChannelCredentials, own: ClientOptions): ChannelInterface => {
      const [, named] = DISCOVERY.exec(target) ?? []
      if (named !== undefined) return new GovernedChannel(runtime, named, options, clock)
      return new Channel(target, credentials, own)
    },
  }
}

function nameIn(service: string): string {
  const name = DISCOVERY.exec(service)?.[1] ?? service
  if (name === '' || /[\s/>#*]/.test(name)) {
    throw new ConfigError('govern.service', `'${service}' is not allowed; the name of a service, as 'inventory'`)
  }
  return name
}
