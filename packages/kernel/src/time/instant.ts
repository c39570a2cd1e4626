/** Instants as RFC 3339 writes them (section 5.6), and no others: what `Date.parse` takes besides depends on the zone of the machine. */
const RFC_3339 =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:[Zz]|[+-](\d{2}):(\d{2}))$/;

/**
 * Milliseconds since the epoch; undefined where the text is no instant. A day that no calendar has, such as February 30th, is none, and no leap second
 * is: it has no number of its own.
 */
export function parseInstant(text: string): number | undefined {
  const parts = RFC_3339.exec(text);
  if (parts === null) return undefined;
  const [, day, hour, minute, second, zoneHour = 0, zoneMinute = 0] = parts;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined;
  const midnight = new Date(`${day}T00:00:00Z`);
  // Where a day is past the end of its month, the engine goes on into the next.
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(`${day}T`))
    return undefined;
  return Date.parse(text.toUpperCase().replace(' ', 'T'));
}
