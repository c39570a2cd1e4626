/** Times and amounts as people read them. */

/** `2026-01-31 09:15:02.123Z`: UTC always, so that two readers see one time. Unreadable input comes back as it is. */
export function moment(rfc3339: string): string {
  const at = new Date(rfc3339);
  return Number.isNaN(at.getTime()) ? rfc3339 : at.toISOString().replace('T', ' ');
}

/** For a terminal: only the time of day where it is today's. */
export const shortMoment = (rfc3339: string, now: Date): string => {
  const whole = moment(rfc3339);
  const today = now.toISOString().slice(0, 10);
  return whole.startsWith(`${today} `) ? whole.slice(11) : whole;
};

/** `0.4`, `12`, `1,204`: milliseconds with a decimal only where it says something. */
export const milliseconds = (ms: number): string =>
  ms < 10 ? ms.toFixed(1) : whole(Math.round(ms));

export const whole = (count: number): string => count.toLocaleString('en-US');

/** `1 record`, `2 records`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${whole(count)} ${count === 1 ? one : many}`;
