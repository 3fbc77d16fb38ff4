/** The standard normal distribution: density, distribution function and its inverse, in plain double arithmetic. */

export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
}

/** P(Z <= x), to about 1e-16 absolute: the series of Marsaglia, "Evaluating the Normal Distribution" (2004). */
export function normalCdf(x: number): number {
  // Beyond, the rest of the tail is less than the error.
  if (x < -8.3) return 0
  if (x > 8.3) return 1
  let sum = x
  let term = x
  for (let i = 3, before = 0; sum !== before; i += 2) {
    before = sum
    term *= (x * x) / i
    sum += term
  }
  return 0.5 + sum * normalDensity(x)
}

/**
 * The x with P(Z <= x) = p, for 0 < p < 1, to about 1e-16 relative: Wichura, "Algorithm AS 241: The Percentage Points of
 * the Normal Distribution", Applied Statistics 37 (1988), PPND16.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return (q * polynomial(CENTRE_OVER, r)) / polynomial(CENTRE_UNDER, r)
  }
  const tail = Math.sqrt(-Math.log(q < 0 ? p : 1 - p))
  const x =
    tail <= 5
      ? polynomial(NEAR_OVER, tail - 1.6) / polynomial(NEAR_UNDER, tail - 1.6)
      : polynomial(FAR_OVER, tail - 5) / polynomial(FAR_UNDER, tail - 5)
  return q < 0 ? -x : x
}

type Coefficients = readonly [number, number, number, number, number, number, number, number]

/** By Horner's rule; the coefficient of the highest power comes first. */
function polynomial(c: Coefficients, r: number): number {
  return ((((((c[0] * r + c[1]) * r + c[2]) * r + c[3]) * r + c[4]) * r + c[5]) * r + c[6]) * r + c[7]
}

// The coefficients of AS 241 as the nearest doubles, for the centre (|p - 1/2| <= 0.425), the near tail (a probability
// down to e^-25) and the far one.
const CENTRE_OVER = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
  133.14166789178438, 3.3871328727963665,
] as const
const CENTRE_UNDER = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
  42.31333070160091, 1,
] as const
const NEAR_OVER = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
] as const
const NEAR_UNDER = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
] as const
const FAR_OVER = [
  2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
  1.7848265399172913, 5.463784911164114, 6.657904643501103,
] as const
const FAR_UNDER = [
  2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133, 0.014875361290850615,
  0.1369298809227358, 0.599832206555888, 1,
] as const
