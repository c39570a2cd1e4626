import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPointer, parsePointer, resolve } from '../../action/json/pointer.ts';
import { minuteOfDay, parseBetween, within, zoneClock } from './clock.ts';
import { inBlocks, parseBlock } from './network.ts';

describe('pointers', () => {
  it('lead by own properties only', () => {
    const root = JSON.parse('{"a":{"b/c":[1,{"~":2}]},"__proto__":{"x":1},"n":null}');
    const at = (text: string) => resolve(root, parsePointer(text) ?? []);
    expect(at('/a/b~1c/0')).toBe(1);
    expect(at('/a/b~1c/1/~0')).toBe(2);
    expect(at('/__proto__/x')).toBe(1);
    expect(at('/n')).toBeNull();
    for (const text of [
      '/constructor',
      '/a/toString',
      '/a/b~1c/length',
      '/a/b~1c/-',
      '/a/b~1c/00',
      '/a/b~1c/2',
      '/n/x',
      '/x',
    ]) {
      expect([text, at(text)]).toEqual([text, undefined]);
    }
    for (const text of ['', 'a', 'a/b', '/~2', '/~']) expect(parsePointer(text)).toBeUndefined();
  });

  it('come back from what they were parsed to', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), (parts) => {
        expect(parsePointer(formatPointer(parts))).toEqual(parts);
      }),
    );
  });
});

describe('clocks', () => {
  it('tell the minute of the day of a zone, summer time included', () => {
    const minute = (zone: string, at: string) => {
      const clock = zoneClock(zone);
      if (clock === undefined) throw new Error(zone);
      return minuteOfDay(clock, Date.parse(at));
    };
    expect(minute('UTC', '2026-01-05T23:59:59Z')).toBe(1_439);
    expect(minute('Asia/Kolkata', '2026-01-05T18:29:59Z')).toBe(1_439);
    expect(minute('Asia/Kolkata', '2026-01-05T18:30:00Z')).toBe(0);
    expect(minute('Europe/Berlin', '2026-03-29T00:59:59Z')).toBe(119);
    expect(minute('Europe/Berlin', '2026-03-29T01:00:00Z')).toBe(180);
    expect(minute('Asia/Kathmandu', '2026-01-05T00:00:00Z')).toBe(345);
    expect(minute('UTC', '1969-12-31T23:59:00Z')).toBe(1_439);
  });

  it('know IANA zones and nothing else', () => {
    for (const zone of [
      'Mars/Base',
      '+05:30',
      '',
      'UTC+1',
      '../etc',
      'Asia/Kolkatta',
      'a'.repeat(100),
    ]) {
      expect([zone, zoneClock(zone)]).toEqual([zone, undefined]);
    }
  });

  it('take both ends, and wrap midnight', () => {
    const day = parseBetween('09:00-18:00') ?? [0, 0];
    expect([539, 540, 1_080, 1_081].map((minute) => within(minute, day))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    const night = parseBetween('22:00-06:00') ?? [0, 0];
    expect([1_319, 1_320, 0, 360, 361].map((minute) => within(minute, night))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    for (const text of [
      '9-18',
      '09:00',
      '24:00-01:00',
      '09:60-10:00',
      '09:00–18:00',
      ' 09:00-18:00',
    ]) {
      expect([text, parseBetween(text)]).toEqual([text, undefined]);
    }
  });
});

describe('address blocks', () => {
  const inside = (address: string, ...blocks: string[]) =>
    inBlocks(
      address,
      blocks.map((text) => parseBlock(text)).filter((block) => block !== undefined),
    );

  it('hold addresses however they are written', () => {
    expect(inside('10.1.2.3', '10.0.0.0/8')).toBe(true);
    expect(inside('11.1.2.3', '10.0.0.0/8')).toBe(false);
    expect(inside('::ffff:10.1.2.3', '10.0.0.0/8')).toBe(true);
    expect(inside('::ffff:a01:203', '10.0.0.0/8')).toBe(true);
    expect(inside('10.1.2.3', '::ffff:10.0.0.0/104')).toBe(true);
    expect(inside('2001:db8::1', '2001:db8::/32')).toBe(true);
    expect(inside('2001:db9::1', '2001:db8::/32', '10.0.0.0/8')).toBe(false);
    expect(inside('1.2.3.4', '1.2.3.4')).toBe(true);
    expect(inside('1.2.3.4', '0.0.0.0/0')).toBe(true);
  });

  it('are definite about addresses alone', () => {
    for (const text of [
      '',
      'localhost',
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '10.1.2',
      'fe80::1%eth0',
      '10.0.0.0/8',
    ]) {
      expect([text, inside(text, '0.0.0.0/0', '::/0')]).toEqual([text, undefined]);
    }
    for (const text of [
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/-1',
      '10/8',
      '::/129',
      'x/8',
      '010.0.0.0/8',
      '::ffff:10.0.0.0/90',
    ]) {
      expect([text, parseBlock(text)]).toEqual([text, undefined]);
    }
  });
});
