import { ContainerModule } from 'inversify'
import { MemoryBoard } from '../sharing/memory-board.ts'
import { Tokens } from './tokens.ts'

/**
 * A shared board inside the process, for tests and for runtimes that share a process: those made with the same module are
 * each other's peers.
 */
export function memoryBoard(): ContainerModule {
  let board: MemoryBoard | undefined
  return new ContainerModule(async ({ rebind }) => {
    ;(await rebind(Tokens.board)).toConstantValue(({ clock, events }) => {
      board ??= new MemoryBoard(clock)
      return board.connect({ clock, events })
    })
  })
}
