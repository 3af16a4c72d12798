// Kubernetes quantities such as `100m`, `1Gi` and `2e3` as numbers.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

const factors: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** NaN for text that is no quantity. */
export function quantity(text: string | number): number {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(String(text));
  return match ? Number(match[1]) * (factors[match[2]!] ?? Number.NaN) : Number.NaN;
}
