/** The story as a user sees it: the real command, its facts, its time, and nothing left behind. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Place, place } from '../testing/run.ts';

let here: Place;
beforeAll(() => {
  here = place();
  mkdirSync(join(here.dir, 'tmp'));
});
afterAll(() => here.clear());

test('the story holds', async () => {
  const ran = await here.run(['demo'], { env: { TMPDIR: join(here.dir, 'tmp') } });
  expect(ran).toMatchObject({ code: 0, err: '' });
  const { out } = ran;
  expect(out).toMatch(/permit {2}fs\.read +notes\.md +read-the-work/);
  expect(out).toMatch(/permit {2}http\.get +http:\/\/127\.0\.0\.1:\d+\/fares/);
  expect(out).toContain('Assistant: before you answer');
  expect(out).toMatch(/deny {4}fs\.read +\.env +no-secrets/);
  expect(out).toMatch(/deny {4}http\.post .* no_matching_rule/);
  expect(out).toMatch(/deny {4}fs\.delete +notes\.md/);
  expect(out).toMatch(/deny {4}fs\.read +\/etc\/shadow/);
  expect(out).toMatch(/permit {2}fs\.write +drafts\/answer\.md/);
  expect(out).toContain('The server saw GET /fares; 0 requests carried anything out.');
  expect(out).not.toContain('correct-horse');
  expect(out.indexOf('verified')).toBeLessThan(out.indexOf('not verified'));
  const line = /line (\d+): deny is now Deny/.exec(out)?.[1];
  expect(out).toMatch(new RegExp(`where +\\S+, line ${line}(,|\\n)`));
  expect(out).toContain(`Found, in line ${line}.`);
  expect(out).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  expect(readdirSync(join(here.dir, 'tmp'))).toEqual([]);
});
