import * as os from 'node:os'

/**
 * The address others can reach a listener at. One that listens on every interface is announced by the machine's first
 * outward address, IPv4 before IPv6; a machine without any by the loopback.
 */
export function reachableHost(listening: string): string {
  if (listening !== '::' && listening !== '0.0.0.0') return listening
  const outward = Object.values(os.networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((one) => !one.internal && !one.address.startsWith('fe80:'))
  const best = outward.find((one) => one.family === 'IPv4') ?? outward[0]
  return best?.address ?? '127.0.0.1'
}
