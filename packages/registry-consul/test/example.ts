// What the program of the README imports: the agent's address, and a transport that answers by itself.
import { Tokens } from '@seakeep/core/spi'
import { MemoryTransport } from '@seakeep/core/testing'
import { ContainerModule } from 'inversify'

export const address: string = process.argv[2] ?? 'http://127.0.0.1:8500'

export const example: ContainerModule = new ContainerModule(({ bind }) => {
  bind(Tokens.transport).toConstantValue(({ clock }) => {
    const transport = new MemoryTransport(clock, { protocol: 'http' })
    transport.serve('payments#1', (far) => far.answer(200, 'a quote'))
    return transport
  })
})
