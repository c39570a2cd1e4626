/** Each attack is real (it gets through where everything is permitted) and stopped by the default policy. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspaceRead } from '@portcullis/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../testing/call.ts';
import { type Place, place } from '../testing/run.ts';
import { simulate } from './run.ts';
import { SCENARIOS } from './scenarios/index.ts';

const PERMIT_ALL = 'version: 1\nrules:\n  - {name: all, effect: permit}\n';
/** Nothing that a policy says opens these: each has a call that only the provider stops. */
const PROVIDER = SCENARIOS.filter(({ calls }) =>
  calls.some(
    ({ resource, resolves }) => resolves !== undefined || /^http:\/\/[[\d]/.test(resource),
  ),
).map(({ name }) => name);

let startDir = '';
let here: Place;
beforeAll(() => {
  startDir = realpathSync(mkdtempSync(join(tmpdir(), 'portcullis-simulate-')));
  here = place();
});
afterAll(async () => {
  rmSync(startDir, { recursive: true, force: true });
  await here.clear();
});

test('there are many, each with a name of its own', () => {
  const names = SCENARIOS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(50);
  expect(PROVIDER).toHaveLength(7);
});

test('every attack is real: with everything permitted it gets through, or only the provider is left', async () => {
  for (const report of await simulate(SCENARIOS, { policy: PERMIT_ALL, startDir })) {
    const stopped = report.calls.filter(({ through }) => !through);
    if (PROVIDER.includes(report.name)) {
      expect(
        stopped.map(({ stopped_by }) => stopped_by),
        report.name,
      ).toEqual(['provider']);
    } else if (report.name === 'get-body-exfiltration') {
      // A method that takes no body has no such parameter, whatever the policy.
      expect(stopped).toMatchObject([{ code: 'invalid_params', stopped_by: 'admission' }]);
    } else expect(stopped, report.name).toEqual([]);
  }
});

test('the default policy stops every one', async () => {
  const reports = await simulate(SCENARIOS, { policy: workspaceRead(startDir), startDir });
  expect(reports.filter(({ through }) => through).map(({ name }) => name)).toEqual([]);
});

test('the command: exit 0 by default, 1 where something gets through, names and codes', async () => {
  const fine = await here.run(['simulate']);
  expect(fine).toMatchObject({ code: 0, err: '' });
  expect(fine.out).toContain(`${SCENARIOS.length} attacks, none got through`);
  expect(fine.out).toContain('provider_refused (provider)');
  writeFileSync(join(here.dir, 'all.yaml'), PERMIT_ALL);
  const open = await call(here, ['simulate', 'sudo', 'shadow', '--policy', 'all.yaml', '--json']);
  expect(open.code).toBe(1);
  expect(JSON.parse(open.out)).toMatchObject({ ok: false, through: ['sudo', 'shadow'] });
  expect((await call(here, ['simulate', 'sudo', '--preset', 'strict'])).code).toBe(0);
  expect((await call(here, ['simulate', 'nope'])).code).toBe(2);
  expect((await call(here, ['simulate', '--list'])).out).toContain('dns-rebinding');
});
