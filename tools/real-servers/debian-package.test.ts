import { expect, test } from 'vitest'
import { sourceOf } from './debian-package.ts'

const MACHINE = `# of the image
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`

test("the machine's source, of one suite and without any index but that of packages", () => {
  expect(sourceOf('trixie', MACHINE, 'amd64').split('\n')).toEqual([
    'Types: deb',
    'Suites: trixie',
    'Components: main',
    'Architectures: amd64',
    'Targets: Packages',
    'URIs: http://mirror.example/debian',
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
    '',
  ])
})

test('a stanza without packages is passed over; no other is an error', () => {
  const sourcesOnly = MACHINE.replaceAll(/^Types: .*/gm, 'Types: deb-src')
  expect(() => sourceOf('trixie', sourcesOnly, 'amd64')).toThrow('has no source of packages')
  expect(sourceOf('trixie', `${sourcesOnly}\n${MACHINE}`, 'amd64')).toContain('mirror.example/debian\n')
})
