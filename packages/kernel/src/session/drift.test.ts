import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readContext } from '../action/index.ts';
import { kilometres, placeOf } from './distance.ts';
import { type DriftOptions, driftGauge } from './drift.ts';
import { NO_ORIGIN, newSession, type Origin, perMinute, type SessionState, tick } from './state.ts';

const HOUR = 3_600_000;
const BANGALORE = { latitude: 12.97, longitude: 77.59 };
const CHENNAI = { latitude: 13.08, longitude: 80.27 };
const DELHI = { latitude: 28.61, longitude: 77.21 };

const session = (origin: Origin, more: Partial<SessionState> = {}): SessionState => ({
  ...newSession({
    id: 's',
    tenant: 'default',
    principal: 'p',
    onBehalfOf: undefined,
    opened: 0,
    origin,
  }),
  ...more,
});

function levels(
  origin: Origin,
  said: Origin,
  options: DriftOptions = {},
  more = {},
  now = 1,
): string {
  const findings = driftGauge(options)(session(origin, more), said, now) ?? [];
  return findings.map(({ level }) => level).join(' ');
}

const place = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});

describe('distance', () => {
  it('is what maps say', () => {
    expect(kilometres(BANGALORE, CHENNAI)).toBeCloseTo(290.6, 0);
    expect(kilometres(BANGALORE, DELHI)).toBeGreaterThan(1_700);
    expect(kilometres({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 1 })).toBeCloseTo(
      111.2,
      1,
    );
  });
  it('is a metric of bounded size that no place escapes', () => {
    fc.assert(
      fc.property(place, place, place, (a, b, c) => {
        const ab = kilometres(a, b);
        expect(ab).toBeGreaterThanOrEqual(0);
        expect(ab).toBeLessThanOrEqual(20_016);
        expect(ab).toBeCloseTo(kilometres(b, a), 6);
        expect(kilometres(a, a)).toBe(0);
        expect(ab).toBeLessThanOrEqual(kilometres(a, c) + kilometres(c, b) + 1e-3);
      }),
    );
  });
  it('does not see the antimeridian, nor longitudes at the poles', () => {
    fc.assert(
      fc.property(place, ({ latitude, longitude }) => {
        expect(
          kilometres({ latitude, longitude: 180 }, { latitude, longitude: -180 }),
        ).toBeLessThan(1e-3);
        expect(
          kilometres({ latitude: 90, longitude }, { latitude: 90, longitude: 0 }),
        ).toBeLessThan(1e-3);
        expect(
          kilometres({ latitude: -90, longitude }, { latitude: 90, longitude: 0 }),
        ).toBeCloseTo(20_015.1, 0);
      }),
    );
    expect(
      kilometres({ latitude: 0, longitude: 179.9 }, { latitude: 0, longitude: -179.9 }),
    ).toBeLessThan(23);
  });
  it('is never a number where a coordinate is none', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(kilometres({ latitude: bad, longitude: 0 }, BANGALORE)).toBeNaN();
    expect(placeOf({ latitude: Number.NaN, longitude: 0 })).toBeUndefined();
    expect(placeOf({ latitude: 1 })).toBeUndefined();
    expect(placeOf({ latitude: 91, longitude: 0 })).toBeUndefined();
  });
});

describe('coordinates and addresses at admission', () => {
  it('refuses what is no place on Earth', () => {
    const wrong = fc.oneof(
      fc.constantFrom<unknown>(
        Number.NaN,
        Number.POSITIVE_INFINITY,
        -Infinity,
        '12',
        null,
        [1],
        true,
        {},
      ),
      fc.double({ min: 90.0000001, noNaN: true }),
      fc.double({ max: -90.0000001, noNaN: true }),
    );
    fc.assert(
      fc.property(wrong, (latitude) => {
        expect(readContext({ latitude, longitude: 0 }).ok).toBe(false);
      }),
    );
    expect(readContext({ longitude: 180.1 }).ok).toBe(false);
    expect(readContext({ latitude: 90, longitude: -180 }).ok).toBe(true);
  });
  it.each([
    ['10.0.0.1', '::ffff:10.0.0.1'],
    ['10.0.0.1', '::ffff:a00:1'],
    ['2001:db8::1', '2001:0DB8:0:0:0:0:0:0001'],
  ])('%s and %s are one address', (a, b) => {
    const [one, other] = [a, b].map((ip) => {
      const read = readContext({ ip });
      return read.ok ? read.context.ip : undefined;
    });
    expect(one).toBeDefined();
    expect(one).toBe(other);
  });
  it.each([
    '１０.0.0.1',
    '10.0.0.1​',
    '010.0.0.1',
    '10.0.0.1%eth0',
    'fe80::1%eth0',
    '10.0.1',
    '0x0a.0.0.1',
    '10。0。0。1',
    ' 10.0.0.1',
  ])('refuses the look-alike %j', (ip) => {
    expect(readContext({ ip }).ok).toBe(false);
  });
});

describe('where', () => {
  it('is strict without a distance', () => {
    expect(levels({ ip: '10.0.0.1' }, { ip: '10.0.0.1' })).toBe('');
    expect(levels({ ip: '10.0.0.1' }, { ip: '10.0.0.2' })).toBe('violation');
    expect(levels({ country: 'IN' }, { country: 'DE' })).toBe('violation');
    expect(levels({ city: 'Pune' }, { city: 'Delhi' })).toBe('warning');
    expect(levels({ ip: '10.0.0.1' }, {})).toBe('');
    expect(levels({ ip: '10.0.0.1' }, { ip: '10.0.0.2' }, { ip: false })).toBe('');
  });
  it('permits 290 km under 500 and ends above', () => {
    const options = { geoKm: 500 };
    expect(levels(BANGALORE, CHENNAI, options)).toBe('');
    expect(levels({ ...BANGALORE, ip: '10.0.0.1' }, { ...CHENNAI, ip: '10.0.0.2' }, options)).toBe(
      'warning',
    );
    expect(levels(BANGALORE, DELHI, options)).toBe('violation');
    expect(levels(BANGALORE, CHENNAI, { geoKm: 290 })).toBe('violation');
  });
  it('fails closed where a distance is asked for and a place is missing', () => {
    const options = { geoKm: 500 };
    expect(levels(BANGALORE, {}, options)).toBe('violation');
    expect(levels({ ip: '10.0.0.1' }, BANGALORE, options)).toBe('violation');
    expect(levels(BANGALORE, { latitude: 13 }, options)).toBe('violation');
    expect(levels({ longitude: 77 }, BANGALORE, options)).toBe('violation');
    expect(levels(BANGALORE, { ip: '10.0.0.1' }, options)).toBe('violation');
    expect(levels({ ip: '10.0.0.1' }, { ip: '10.0.0.2' }, options)).toBe('violation');
    expect(levels({ ip: '10.0.0.1' }, {}, options)).toBe('violation');
    expect(levels({ ip: '10.0.0.1' }, { ip: '10.0.0.1' }, options)).toBe('');
    // Nobody ever said anything of where: there is nothing to have moved from.
    expect(levels({}, {}, options)).toBe('');
    expect(levels({}, { latitude: 13 }, options)).toBe('violation');
  });
  it('never passes a place farther than the distance, whatever else is said', () => {
    fc.assert(
      fc.property(place, place, fc.double({ min: 1, max: 20_000, noNaN: true }), (a, b, geoKm) => {
        const found = levels({ ...a, ip: '10.0.0.1' }, { ...b, ip: '10.0.0.1' }, { geoKm });
        expect(found.includes('violation')).toBe(kilometres(a, b) > geoKm);
      }),
    );
  });
  it('is what every action says, where that is required', () => {
    const all = { require: ['ip', 'location', 'device'] as const };
    const whole = { ip: '10.0.0.1', ...BANGALORE, device: 'd' };
    expect(levels(whole, whole, all)).toBe('');
    expect(levels({}, whole, all)).toBe('');
    expect(levels(whole, {}, all)).toBe('violation violation violation');
    expect(levels({}, {}, { require: ['ip'] })).toBe('violation');
  });
});

describe('who and how fast', () => {
  it('tells devices apart, look-alikes too', () => {
    expect(levels({ device: 'laptop' }, { device: 'laptop' })).toBe('');
    expect(levels({ device: 'laptop' }, { device: 'lаptop' })).toBe('violation');
    expect(levels({ device: 'laptop' }, { device: 'x' }, { device: false })).toBe('');
    expect(levels({ user_agent: 'a' }, { user_agent: 'b' })).toBe('warning');
  });
  it('knows the age of what began somewhere: four hours, the last of them a warning', () => {
    const began = { ip: '10.0.0.1' };
    expect(levels(began, {}, {}, {}, 3 * HOUR)).toBe('');
    expect(levels(began, {}, {}, {}, 3 * HOUR + 1)).toBe('warning');
    expect(levels(began, {}, {}, {}, 4 * HOUR)).toBe('warning');
    expect(levels(began, {}, {}, {}, 4 * HOUR + 1)).toBe('violation');
    expect(levels({}, {}, {}, {}, 400 * HOUR)).toBe('');
    expect(levels({}, {}, { ageMax: HOUR }, {}, 2 * HOUR)).toBe('violation');
    expect(levels(began, {}, { ageMax: false }, {}, 400 * HOUR)).toBe('');
  });
  it('leaves standing sessions alone, and never ages them', () => {
    const standing = { standing: 'key' };
    expect(levels({ ip: '10.0.0.1' }, { ip: '10.0.0.2' }, {}, standing)).toBe('');
    expect(levels({ ip: '10.0.0.1' }, { ip: '10.0.0.2' }, { standing: true }, standing)).toBe(
      'violation',
    );
    expect(levels({ ip: '10.0.0.1' }, {}, { standing: true, ageMax: 1 }, standing, HOUR)).toBe('');
  });
  it('counts the actions of a minute, not of an idle hour', () => {
    const began = session({ ip: '10.0.0.1' });
    const gauge = driftGauge({ rate: { warn: 30, max: 100 } });
    const now = 90 * 60_000;
    const seen: string[] = [];
    for (let i = 0; i < 120; i++) {
      seen.push(gauge(began, {}, now)?.[0]?.level ?? 'stable');
      tick(began, now);
    }
    expect(seen.indexOf('warning')).toBe(30);
    expect(seen.indexOf('violation')).toBe(100);
    expect(perMinute(began, now + 60_000)).toBe(120);
    expect(perMinute(began, now + 90_000)).toBe(60);
    expect(perMinute(began, now + 120_000)).toBe(0);
  });
  it('says three warnings where three things changed', () => {
    const began = { city: 'Pune', user_agent: 'a', ip: '10.0.0.1' };
    const said = { city: 'Goa', user_agent: 'b', ip: '10.0.0.1' };
    expect(levels(began, said, {}, {}, 3.5 * HOUR)).toBe('warning warning warning');
  });
  it('costs nothing where nobody said anything', () => {
    const quiet = session({});
    expect(quiet.origin).toBe(NO_ORIGIN);
    expect(driftGauge({})(quiet, { ip: '10.0.0.1' }, 400 * HOUR)).toBeUndefined();
  });
});

it.each<[string, DriftOptions]>([
  ['geoKm', { geoKm: 0 }],
  ['geoKm', { geoKm: Number.NaN }],
  ['geoKm', { geoKm: '500' as never }],
  ['ageMax', { ageMax: -1 }],
  ['rate.max', { rate: { warn: 1, max: Number.POSITIVE_INFINITY } }],
  ['rate.warn', { rate: { warn: 5, max: 4 } }],
  ['require', { require: ['moon' as never] }],
])('names a wrong %s', (name, options) => {
  expect(() => driftGauge(options)).toThrow(`drift.${name}`);
});
