/** Promises 3 and 4, broken on purpose: kill -9 in the middle of calls. `npm run soak` does it at the stated size. */
import { expect, it } from 'vitest';
import { crashAgainAndAgain } from './testing/crash.ts';

it('a kernel killed at any point loses nothing, doubles nothing, and names what it cannot know', async () => {
  const stops = [0, 1, 7, 23, 39];
  const report = await crashAgainAndAgain(stops.length, () => stops.pop() ?? 0);
  expect(report.broken).toEqual([]);
  expect(report.answered).toBeGreaterThan(50);
  expect(report.unknown).toBeGreaterThanOrEqual(report.kills);
});
