// What the README's first screen shows is what the demo prints, and its picture is there. How long it took is another matter.
import { readFileSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { play } from './real-io.ts'

const ROOT = new URL('../../../', import.meta.url)
const README = readFileSync(new URL('README.md', ROOT), 'utf8')
const untimed = (text: string): string =>
  text
    .replaceAll(/ calls in .*$/gm, ' calls')
    .replaceAll(/(npx -y )?pnpm(@[\d.]+)? seakeep/g, 'seakeep')
    .trim()

test('the README shows what the demo prints', { timeout: 240_000 }, async () => {
  const [, shown = ''] = /```\n( {2}seakeep demo online-boutique.*?)```/s.exec(README) ?? []
  const { code, out } = await play(process.cwd(), 'demo')
  expect(code).toBe(0)
  expect(untimed(out)).toBe(untimed(shown))
})

test('and a picture of the report, which is small', () => {
  const [, file = ''] = /!\[The report of the demo[^\]]*\]\(([^)]+)\)/.exec(README) ?? []
  const picture = readFileSync(new URL(file, ROOT))
  expect(picture.subarray(1, 4).toString()).toBe('PNG')
  expect(statSync(new URL(file, ROOT)).size).toBeLessThan(300_000)
})
