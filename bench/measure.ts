/** Measuring: warm-up first, then rounds in turn with the baseline, so that a drift of the machine's speed hits both. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
  return { min: at(0), median: at(0.5), max: at(1) };
}

/** The value below which a share of the samples lie. */
export function percentile(values: Float64Array | readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}

/** Runs `ours` and `theirs` in turn and gives both series and the ratios pair by pair. */
export async function inTurn(
  rounds: number,
  ours: () => number | Promise<number>,
  theirs: () => number | Promise<number>,
): Promise<{ ours: Spread; theirs: Spread; ratio: Spread }> {
  await ours();
  await theirs();
  const a: number[] = [];
  const b: number[] = [];
  for (let round = 0; round < rounds; round++) {
    a.push(await ours());
    b.push(await theirs());
  }
  return {
    ours: spread(a),
    theirs: spread(b),
    ratio: spread(a.map((value, at) => value / (b[at] as number))),
  };
}

/** Microseconds per call, over `count` calls. */
export async function timePerCall(count: number, call: () => unknown): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < count; i++) {
    const result = call();
    if (result instanceof Promise) await result;
  }
  return ((performance.now() - started) * 1000) / count;
}

export const format = (value: number): string =>
  value >= 1000
    ? Math.round(value).toLocaleString('en-US')
    : value >= 10
      ? value.toFixed(1)
      : value.toFixed(2);
