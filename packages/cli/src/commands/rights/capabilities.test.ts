/** Definitions from a terminal: the file that the sidecar would read, what waits, and its approval by what the list shows. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Place, place } from '../../testing/run.ts';
import { type Serving, serve } from '../../testing/serving.ts';

let here: Place;
let serving: Serving;
beforeAll(async () => {
  here = place();
  serving = await serve(here);
});
afterAll(async () => {
  await serving.stop();
  here.clear();
});

const definition = (id: string, description: string) => ({
  id,
  name: id,
  description,
  action: 'issue_refund',
  safety: 'write',
});
const put = (content: unknown) => {
  const file = join(here.dir, 'capabilities.json');
  writeFileSync(file, JSON.stringify(content));
  return here.run(['capabilities', 'put', file]);
};

test('a file of capabilities is registered as it stands, and a change is approved by the digest that is shown', async () => {
  const whole = (description: string) => ({
    version: 1,
    capabilities: [definition('crm.refund', description), definition('crm.credit', 'give credit')],
  });
  const made = await put(whole('pay back'));
  expect([made.code, made.out]).toEqual([0, expect.stringMatching(/crm\.refund.*\ncrm\.credit/)]);
  expect((await put(whole('pay it all back'))).out).toContain('pending');
  const { out } = await here.run(['capabilities', 'list']);
  const digest = /pending ([0-9a-f]+)/.exec(out)?.[1] ?? '';
  const approved = await here.run(['capabilities', 'approve', 'crm.refund', digest]);
  expect([approved.code, approved.out]).toEqual([0, expect.stringContaining('pay it all back')]);
});

test('what is no definition is said, with its place', async () => {
  for (const [content, why] of [
    [{ ...definition('x', 'y'), id: undefined }, '/id: '],
    [[7], 'expected object'],
    [{ version: 1, capabilities: 7 }, 'capabilities: a list'],
  ] as const) {
    const { code, err } = await put(content);
    expect([code, err]).toEqual([expect.any(Number), expect.stringContaining(why)]);
    expect(code).toBeGreaterThan(0);
  }
});
