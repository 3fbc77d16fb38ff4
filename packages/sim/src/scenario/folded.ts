/** Texts broken into lines, as importers write them. */

/** No line of a written file is longer, as far as that can be. */
export const WIDTH = 120

/** Items with commas between them, as many on a line as fit, each line behind `indent`. */
export function folded(items: readonly string[], indent: string): string[] {
  return wrapped(
    items.map((item, i) => (i === items.length - 1 ? item : `${item},`)),
    indent,
    indent,
  )
}

/** Words as lines: the first behind `first`, the others behind `indent`. */
export function wrapped(words: readonly string[], first: string, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  let before = first
  for (const word of words) {
    if (line !== '' && before.length + line.length + word.length + 1 > WIDTH) {
      lines.push(before + line)
      before = indent
      line = ''
    }
    line += line === '' ? word : ` ${word}`
  }
  return [...lines, before + line]
}
