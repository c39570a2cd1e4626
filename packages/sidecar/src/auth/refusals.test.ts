import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RefusalCounter } from './refusals.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const recorder = () => {
  const records: { code: string; source: unknown; count: unknown }[] = [];
  return {
    records,
    recordRefusal: (code: string, { source, count }: { source?: unknown; count?: unknown }) => {
      records.push({ code, source, count });
    },
  };
};

test('one record per source and minute, with how many there were', () => {
  const host = recorder();
  const counter = new RefusalCounter(host);
  for (let i = 0; i < 500; i++) counter.count('unauthenticated', '10.0.0.1');
  counter.count('unauthenticated', 'unix');
  expect(host.records).toEqual([]);
  vi.advanceTimersByTime(60_000);
  expect(host.records).toEqual([
    { code: 'unauthenticated', source: '10.0.0.1', count: 500 },
    { code: 'unauthenticated', source: 'unix', count: 1 },
  ]);
  counter.count('unauthenticated', '10.0.0.1');
  vi.advanceTimersByTime(60_000);
  expect(host.records).toHaveLength(3);
  vi.advanceTimersByTime(600_000);
  expect(host.records).toHaveLength(3);
});

test('a crowd of sources is counted together beyond the bound', () => {
  const host = recorder();
  const counter = new RefusalCounter(host);
  for (let i = 0; i < 5000; i++) counter.count('unauthenticated', `10.0.${i >> 8}.${i & 255}`);
  counter.flush();
  expect(host.records).toHaveLength(1025);
  expect(host.records.at(-1)).toEqual({
    code: 'unauthenticated',
    source: 'others',
    count: 5000 - 1024,
  });
});

test('what was counted is written at close', () => {
  const host = recorder();
  const counter = new RefusalCounter(host);
  counter.count('malformed_request', 'unix');
  counter.flush();
  counter.flush();
  expect(host.records).toEqual([{ code: 'malformed_request', source: 'unix', count: 1 }]);
});
