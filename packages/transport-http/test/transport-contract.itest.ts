import { mkdtemp, rm } from 'node:fs/promises'
import * as http2 from 'node:http2'
import * as https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transportContract } from '@seakeep/core/testing'
import { describe, expect, it } from 'vitest'
import { makeCertificates } from '../../../tools/real-servers/certificates.ts'
import { hasOpenssl } from '../../../tools/real-servers/index.ts'
import { type HarnessKind, httpHarness } from './http-harness.ts'

const api = { describe, it, expect }
const h2c = { options: { http2: true }, create: http2.createServer } as unknown as HarnessKind

transportContract(api, 'the HTTP/1.1 transport', httpHarness)
transportContract(api, 'the HTTP/2 transport without TLS', () => httpHarness(h2c))

if (hasOpenssl()) {
  const folder = await mkdtemp(join(tmpdir(), 'seakeep-tls-'))
  const { ca, server } = await makeCertificates(folder)
  await rm(folder, { recursive: true })
  const secure = { protocol: 'https' as const, options: { tls: { ca } } }
  transportContract(api, 'the HTTP/1.1 transport over TLS', () =>
    httpHarness({ ...secure, create: (listener) => https.createServer(server, listener) }),
  )
  transportContract(api, 'the HTTP/2 transport over TLS', () =>
    httpHarness({ ...secure, create: (listener) => http2.createSecureServer(server, listener as never) }),
  )
}
