import { runScenario } from '../src/running/run-scenario.ts'
import { resolveScenario } from '../src/scenario/resolve-scenario.ts'
const rho = 0.5
const W: number[] = [], S: number[] = [], A: number[] = []
for (let seed = 1; seed <= 40; seed++) {
  const seconds = Math.round(1e5 / rho)
  const { document } = await runScenario(resolveScenario({ name: 'q', duration: `${seconds}s`, warmup: `${Math.round(seconds * .15)}s`, network: { latency: 0 },
    topology: { server: { replicas: 1, concurrency: 1, work: { exponential: { mean: '1s' } } } }, workload: [{ poisson: { to: 'server', rate: rho } }] } as never, { overrides: { seed } }))
  W.push(document.workload.server!.latencyMs.mean! / 1000); S.push(document.services.server!.server.serviceMs.mean! / 1000); A.push(document.workload.server!.offered / (seconds * .85 * rho))
}
const st = (x: number[]) => { const m = x.reduce((a, b) => a + b) / x.length; return [m, Math.sqrt(x.reduce((a, b) => a + (b - m) ** 2, 0) / (x.length - 1))] }
console.log('W', st(W), 'S', st(S), 'A', st(A), 'first', W[0], S[0], A[0])
