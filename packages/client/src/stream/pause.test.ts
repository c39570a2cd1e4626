import { expect, test } from 'vitest';
import { pause } from './pause.ts';

/** Longer than a test may take: whoever waits it out fails. */
const TOO_LONG = 3_600_000;

test('a signal ends the wait, and one that has fired already lets nobody wait', async () => {
  const end = new AbortController();
  const waiting = pause(TOO_LONG, end.signal);
  end.abort();
  await waiting;
  await pause(TOO_LONG, end.signal);
  expect(end.signal.aborted).toBe(true);
});
