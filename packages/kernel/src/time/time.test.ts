import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration, parseInstant } from './index.ts';

describe('durations', () => {
  it('are a number and a unit, from large to small', () => {
    const table: [string, number | undefined][] = [
      ['90s', 90_000],
      ['24h', 86_400_000],
      ['1d12h', 129_600_000],
      ['1h30m', 5_400_000],
      ['2w', 1_209_600_000],
      ['1.5h', 5_400_000],
      ['30d', 2_592_000_000],
      ['500ms', 500],
      ['1s500ms', 1_500],
      ['1m1ms', 60_001],
      ['0s', 0],
      ['', undefined],
      ['s', undefined],
      ['60', undefined],
      ['1 h', undefined],
      ['1h 30m', undefined],
      ['-1h', undefined],
      ['30m1h', undefined],
      ['500ms1s', undefined],
      ['1h1h', undefined],
      ['1H', undefined],
      ['1y', undefined],
      ['1e3s', undefined],
      ['999999999w', undefined],
      ['１h', undefined],
    ];
    for (const [text, ms] of table) expect([text, parseDuration(text)]).toEqual([text, ms]);
  });
});

describe('instants', () => {
  it('are read as RFC 3339 writes them', () => {
    const noon = Date.UTC(2026, 0, 5, 12);
    for (const text of [
      '2026-01-05T12:00:00Z',
      '2026-01-05t12:00:00z',
      '2026-01-05 12:00:00Z',
      '2026-01-05T12:00:00.000000000Z',
      '2026-01-05T13:30:00+01:30',
      '2026-01-04T12:01:00-23:59',
    ])
      expect([text, parseInstant(text)]).toEqual([text, noon]);
    expect(parseInstant('2024-02-29T00:00:00.5Z')).toBe(Date.UTC(2024, 1, 29) + 500);
    expect(parseInstant('0001-01-01T00:00:00Z')).toBe(Date.parse('0001-01-01T00:00:00Z'));
  });

  it('are nothing else that Date.parse would take', () => {
    for (const text of [
      '',
      '2026',
      '2026-01-05',
      '2026-01-05T12:00:00',
      '2026-01-05T12:00Z',
      'January 5, 2026',
      '01/05/2026',
      '2026-01-05T24:00:00Z',
      '2026-01-05T12:60:00Z',
      '2016-12-31T23:59:60Z',
      '2026-02-30T12:00:00Z',
      '2025-02-29T12:00:00Z',
      '2026-04-31T12:00:00Z',
      '2026-13-01T12:00:00Z',
      '2026-00-10T12:00:00Z',
      '2026-01-05T12:00:00+24:00',
      '2026-01-05T12:00:00+0100',
      '+002026-01-05T12:00:00Z',
      '２026-01-05T12:00:00Z',
      ' 2026-01-05T12:00:00Z',
      '2026-01-05T12:00:00Z\n',
    ])
      expect([text, parseInstant(text)]).toEqual([text, undefined]);
  });

  it('come back from what they are written as', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('0000-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59Z'),
          noInvalidDate: true,
        }),
        (date) => {
          expect(parseInstant(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });
});
