/** As part of a label: ` 5%`, where it is not all of them. */
export function shareText(ratio: number): string {
  return ratio === 1 ? '' : ` ${percentText(ratio)}`
}

export function percentText(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(3))}%`
}
