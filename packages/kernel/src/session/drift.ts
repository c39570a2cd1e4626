/**
 * Drift: how far an action is from where its session began. A violation ends the session, three warnings at once refuse the action. What nobody
 * said is no drift, except where a distance or `require` asks for it: there it is a violation.
 */
import { kilometres, placeOf } from './distance.ts';
import { NO_ORIGIN, type Origin, perMinute, type SessionState } from './state.ts';

export interface DriftOptions {
  /** Another address than at the beginning is a violation. Default true. Where `geoKm` is set, the distance decides instead. */
  readonly ip?: boolean;
  /** Kilometres from the beginning above which it is a violation. Default: none; then another country is one. */
  readonly geoKm?: number;
  /** Another device than at the beginning is a violation. Default true. */
  readonly device?: boolean;
  /** Milliseconds that a session may last; the last quarter is a warning. Default 4 hours, for sessions that said where they began. */
  readonly ageMax?: number | false;
  /** Actions a minute. Default: a warning above 600 and a violation above 6,000, for sessions that said where they began. */
  readonly rate?: { readonly warn: number; readonly max: number } | false;
  /** What every action and the beginning must say. Default: nothing. */
  readonly require?: readonly ('ip' | 'location' | 'device')[];
  /** Measure standing sessions as well: all but their age. Default false, for they have no beginning of their own. */
  readonly standing?: boolean;
}

export interface Finding {
  readonly level: 'warning' | 'violation';
  /** For an auditor. */
  readonly note: string;
}

/** Undefined where there is no drift. */
export type Gauge = (
  session: SessionState,
  said: Origin,
  now: number,
) => readonly Finding[] | undefined;

/** So many warnings at once refuse the action. */
export const MOST_WARNINGS = 3;

const DEFAULT_AGE = 4 * 3_600_000;
const DEFAULT_RATE = Object.freeze({ warn: 600, max: 6_000 });
const WARN_AGE = 0.75;
/** Half of the way round the Earth, and a bit. */
const FARTHEST = 20_100;

const violation = (note: string): Finding => ({ level: 'violation', note });
const warning = (note: string): Finding => ({ level: 'warning', note });

/** Throws a TypeError that names the option. */
export function driftGauge(options: DriftOptions): Gauge {
  check(options);
  const { geoKm, require = [], standing = false } = options;
  const byIp = options.ip ?? true;
  const byDevice = options.device ?? true;
  const ageMax = options.ageMax ?? DEFAULT_AGE;
  const rate = options.rate ?? DEFAULT_RATE;
  // What was asked for holds for every session; a default only for one that has a beginning to be held to.
  const ageOfAll = options.ageMax !== undefined && ageMax !== false;
  const rateOfAll = options.rate !== undefined && rate !== false;
  const always = require.length > 0 || geoKm !== undefined || ageOfAll || rateOfAll;
  return (session, said, now) => {
    if (session.standing !== undefined && !standing) return undefined;
    const began = session.origin;
    if (began === NO_ORIGIN && !always) return undefined;
    // The first that says anything is the beginning.
    const origin = began === NO_ORIGIN ? said : began;
    const placed = began !== NO_ORIGIN;
    const found: Finding[] = [];
    for (const what of require) {
      if (!says(origin, what) || !says(said, what)) found.push(violation(`${what} is not known`));
    }
    if (geoKm === undefined) place(origin, said, byIp, found);
    else distance(origin, said, geoKm, found);
    if (byDevice && differ(origin.device, said.device)) found.push(violation('another device'));
    if (differ(origin.user_agent, said.user_agent)) found.push(warning('another user agent'));
    if (ageMax !== false && session.standing === undefined && (placed || ageOfAll))
      age(now - session.opened, ageMax, found);
    if (rate !== false && (placed || rateOfAll)) pace(perMinute(session, now) + 1, rate, found);
    return found.length === 0 ? undefined : found;
  };
}

function check(options: DriftOptions): void {
  const { geoKm, ageMax, rate } = options;
  const positive = (name: string, value: unknown, most: number): void => {
    if (typeof value !== 'number' || !(value > 0) || value > most)
      throw new TypeError(`drift.${name} is a number above 0 and at most ${most}`);
  };
  if (geoKm !== undefined) positive('geoKm', geoKm, FARTHEST);
  if (ageMax !== undefined && ageMax !== false) positive('ageMax', ageMax, Number.MAX_SAFE_INTEGER);
  if (rate !== undefined && rate !== false) {
    positive('rate.max', rate.max, Number.MAX_SAFE_INTEGER);
    positive('rate.warn', rate.warn, rate.max);
  }
  for (const what of options.require ?? []) {
    if (!['ip', 'location', 'device'].includes(what))
      throw new TypeError('drift.require lists ip, location and device');
  }
}

/** Equal texts are the same address: admission brings every address to one form. */
const differ = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && a !== b;

const says = (said: Origin, what: 'ip' | 'location' | 'device'): boolean =>
  what === 'location' ? placeOf(said) !== undefined : said[what] !== undefined;

/** Without a distance: any other address or country. */
function place(origin: Origin, said: Origin, byIp: boolean, found: Finding[]): void {
  if (byIp && differ(origin.ip, said.ip)) found.push(violation(`ip ${origin.ip} -> ${said.ip}`));
  if (differ(origin.country, said.country))
    found.push(violation(`country ${origin.country} -> ${said.country}`));
  if (differ(origin.region, said.region) || differ(origin.city, said.city))
    found.push(warning('another region or city'));
}

/** With a distance: measured where both say where they are. Whoever moved, or said it once, and does not say where is too far. */
function distance(origin: Origin, said: Origin, most: number, found: Finding[]): void {
  const moved = differ(origin.ip, said.ip) || differ(origin.country, said.country);
  const from = placeOf(origin);
  const to = placeOf(said);
  if (from !== undefined && to !== undefined) {
    const km = kilometres(from, to);
    const note = `${Math.round(km)} km from where it began, ${most} km are permitted`;
    if (!(km <= most)) found.push(violation(note));
    else if (moved) found.push(warning(note));
    return;
  }
  const half =
    hinted(origin) || hinted(said) || (origin.ip === undefined) !== (said.ip === undefined);
  if (moved || half) found.push(violation('the location is not known'));
}

const hinted = ({ latitude, longitude }: Origin): boolean =>
  latitude !== undefined || longitude !== undefined;

function age(ms: number, most: number, found: Finding[]): void {
  const note = `${Math.round(ms / 1_000)} s old, ${Math.round(most / 1_000)} s are permitted`;
  if (ms > most) found.push(violation(note));
  else if (ms > most * WARN_AGE) found.push(warning(note));
}

function pace(now: number, rate: { warn: number; max: number }, found: Finding[]): void {
  if (now <= rate.warn) return;
  const note = `${Math.round(now)} actions a minute, ${rate.max} are permitted`;
  found.push(now > rate.max ? violation(note) : warning(note));
}
