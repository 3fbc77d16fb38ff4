/** Lets time pass in steps until `condition` holds, at most for `withinMs`. Whether it did. */
export async function comesTrue(
  condition: () => boolean,
  { pass, withinMs, stepMs }: { pass(ms: number): Promise<void>; readonly withinMs: number; readonly stepMs: number },
): Promise<boolean> {
  for (let passedMs = 0; passedMs <= withinMs; passedMs += stepMs) {
    if (condition()) return true
    await pass(stepMs)
  }
  return condition()
}
