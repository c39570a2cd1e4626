/** Wall clocks of IANA time zones: the minute of the day, the weekday and the date at an instant, without paying Intl each time. */

/** Offsets of zones change on quarter hours only: one computed offset holds until the next. */
const QUARTER = 900_000;
const DAY = 86_400_000;

export interface ZoneClock {
  readonly zone: string;
  /** The zone's local time as if it were UTC, in milliseconds since the epoch. */
  local(instant: number): number;
}

const UTC: ZoneClock = Object.freeze({ zone: 'UTC', local: (instant: number) => instant });

/** undefined where there is no such zone. Offsets such as `+02:00` are no zones: they know no summer time. */
export function zoneClock(zone: string): ZoneClock | undefined {
  if (zone === 'UTC') return UTC;
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(zone)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
  let quarter = Number.NaN;
  let offset = 0;
  return {
    zone,
    local(instant) {
      const at = Math.floor(instant / QUARTER);
      if (at !== quarter) {
        offset = offsetAt(format, at * QUARTER);
        quarter = at;
      }
      return instant + offset;
    },
  };
}

function offsetAt(format: Intl.DateTimeFormat, instant: number): number {
  const parts = new Map(format.formatToParts(instant).map((part) => [part.type, part.value]));
  const field = (name: Intl.DateTimeFormatPartTypes) => Number(parts.get(name));
  const local = new Date(0);
  // Not by Date.UTC, which reads the years before 100 as of the last century.
  local.setUTCFullYear(field('year'), field('month') - 1, field('day'));
  return local.setUTCHours(field('hour'), field('minute'), field('second')) - instant;
}

export function minuteOfDay(clock: ZoneClock, instant: number): number {
  const local = clock.local(instant);
  return Math.floor((local - Math.floor(local / DAY) * DAY) / 60_000);
}

/** `09:00-18:00` as minutes of the day; undefined where it is none. */
export function parseBetween(text: string): readonly [number, number] | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (match === null) return undefined;
  return [Number(match[1]) * 60 + Number(match[2]), Number(match[3]) * 60 + Number(match[4])];
}

/** Both ends in, by the minute: 18:00:59 still is 18:00. A start after the end wraps midnight. */
export function within(minute: number, [start, end]: readonly [number, number]): boolean {
  return start <= end ? minute >= start && minute <= end : minute >= start || minute <= end;
}

/** For clocks that are set forward or back on the way there: minutes by which the next time may be off. */
const SHIFTS = [0, -60, 60, -30, 30];

/** When a span of the day begins next, or where `inside` is false is over; the likeliest first. Milliseconds since the epoch. */
export function nextTimes(
  span: { readonly between?: unknown; readonly zone?: unknown },
  now: number,
  inside: boolean,
): number[] {
  const between = parseBetween(String(span.between));
  const clock = zoneClock(span.zone === undefined ? 'UTC' : String(span.zone));
  if (between === undefined || clock === undefined) return [];
  const wanted = inside ? between[0] : between[1] + 1;
  const ahead = (((wanted - minuteOfDay(clock, now)) % 1_440) + 1_440) % 1_440 || 1_440;
  const minute = Math.floor(now / 60_000);
  return SHIFTS.map((shift) => (minute + ahead + shift) * 60_000).filter((at) => at > now);
}
