/**
 * Durations as people write them, in policies, configuration and on the command line alike: a number and a unit (ms, s, m, h, d, w), compounds from
 * large to small: `90s`, `24h`, `1d12h`, `1.5h`.
 */
const UNITS: readonly (readonly [string, number])[] = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

const PART = /^(\d{1,9}(?:\.\d{1,3})?)(ms|[wdhms])/;

/** A hundred years: longer is a mistake, and sums of times stay exact. */
const LONGEST = 36_525 * 86_400_000;

export const DURATION_HELP = 'a number with a unit (ms, s, m, h, d, w), such as 90s, 24h or 1d12h';

/** Milliseconds; undefined where the text is no duration. */
export function parseDuration(text: string): number | undefined {
  let rest = text;
  let last = -1;
  let total = 0;
  while (rest !== '') {
    const part = PART.exec(rest);
    if (part === null) return undefined;
    const unit = UNITS.findIndex(([name]) => name === part[2]);
    if (unit <= last) return undefined;
    last = unit;
    total += Number(part[1]) * (UNITS[unit] as readonly [string, number])[1];
    rest = rest.slice(part[0].length);
  }
  if (last < 0 || total > LONGEST) return undefined;
  return Math.round(total);
}
