// Certificates for one test: an authority, a server on loopback and a client, made by openssl and valid for two days.
import { execFile, spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** In PEM. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

export interface Certificates {
  readonly ca: string
  readonly server: KeyPair
  readonly client: KeyPair
}

const run = promisify(execFile)
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Whether certificates can be made here: tests of TLS skip without. */
export function hasOpenssl(): boolean {
  return spawnSync('openssl', ['version']).status === 0
}

/** Leaves its files in `folder`. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder })
  await openssl('req', '-x509', ...NEW_KEY, ...['-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=ca'])
  const sign = async (name: string, extensions: string): Promise<KeyPair> => {
    await writeFile(join(folder, `${name}.ext`), extensions)
    await openssl('req', ...NEW_KEY, ...['-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`])
    const files = ['-in', `${name}.csr`, '-out', `${name}.pem`, '-extfile', `${name}.ext`]
    await openssl('x509', '-req', ...files, ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'])
    return {
      cert: await readFile(join(folder, `${name}.pem`), 'utf8'),
      key: await readFile(join(folder, `${name}.key`), 'utf8'),
    }
  }
  // The gateway of etcd calls its own server with the server's certificate, so that one is a client's too.
  const server = await sign(
    'server',
    'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n',
  )
  const client = await sign('client', 'extendedKeyUsage=clientAuth\n')
  return { ca: await readFile(join(folder, 'ca.pem'), 'utf8'), server, client }
}
