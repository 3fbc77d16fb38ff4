import type { OpenRequests } from '../checkers/books.ts'
import type { World } from '../model/world.ts'

/** At the end of a run: books the calls that are open, and says what each instance still has. */
export function closeBooks(world: World): Map<string, OpenRequests> {
  const endUs = world.kernel.nowUs
  world.recorder.endUs = endUs
  for (const host of world.hosts) {
    for (let call = host.openCalls; call !== undefined; call = call.olderCall) call.closeBooks(endUs)
  }
  const open = new Map<string, OpenRequests>()
  for (const instance of world.instances) {
    let openSpentUs = 0
    let openMeasured = 0
    for (const { arrivedUs, begunUs } of instance.present()) {
      instance.stats.leaveOpen(endUs, arrivedUs, begunUs)
      openSpentUs += endUs - arrivedUs
      if (arrivedUs >= world.recorder.warmupUs) openMeasured += 1
    }
    open.set(instance.name, { openSpentUs, openMeasured })
  }
  world.recorder.settle()
  return open
}
