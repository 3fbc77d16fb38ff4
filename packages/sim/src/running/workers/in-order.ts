/**
 * Does `count` things, `width` of them at a time, and hands the results out in order, so that what is made of them is the
 * same however many are done at a time. What is under way when the reader stops is waited for and dropped.
 */
export async function* inOrder<T>(
  count: number,
  width: number,
  begin: (index: number) => Promise<T>,
): AsyncGenerator<T, void, void> {
  const begun: Promise<T>[] = []
  let next = 0
  try {
    for (let i = 0; i < count; i++) {
      while (next < count && next < i + width) {
        const one = begin(next)
        // Whoever reads hears of it in its turn.
        one.catch(() => {})
        begun[next] = one
        next += 1
      }
      yield await (begun[i] as Promise<T>)
      delete begun[i]
    }
  } finally {
    await Promise.allSettled(begun.filter((one) => one !== undefined))
  }
}
