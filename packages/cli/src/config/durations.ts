/** Durations as people write them: a number and s, m, h, d or w, compounds allowed (`1h30m`). */

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const WHOLE = /^(?:\d{1,9}(?:ms|[smhdw])){1,6}$/;

/** Milliseconds, or undefined where the text is no duration. */
export function duration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g)) {
    total += Number(count) * (UNITS[unit ?? ''] ?? Number.NaN);
  }
  return total;
}
