import type { FaultContext, Striking } from './fault-context.ts'

/** The registry answers nobody and tells nobody, and so does the shared board, which lives there. */
export function registryDown(context: FaultContext): Striking {
  const { registry, board } = context.world
  return {
    begin() {
      context.touch('registry')
      registry.goDown()
      board.goDown()
    },
    end: () => {
      registry.comeBack()
      board.comeBack()
    },
  }
}
