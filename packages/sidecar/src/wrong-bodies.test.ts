/** What is wrong with a body is said in words for its sender, with the place. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSidecar, type Listening } from './index.ts';

let dir: string;
let sidecar: Listening;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'wrong-'));
  sidecar = await createSidecar({ dataDir: join(dir, 'data'), startDir: dir, port: 0 }).listen();
});
afterAll(async () => {
  await sidecar.close();
  rmSync(dir, { recursive: true });
});

it.each([
  ['freeze', { reason: 'x' }, 'on: is missing'],
  ['freeze', { on: 'yes' }, 'on: expected boolean, received string'],
  ['approvals/act_x', { decision: 'yes' }, 'decision: expected approve, deny'],
  ['approvals/act_x', { decision: 'approve', for: 'x' }, 'for: is not well-formed'],
])('%s %j', async (route, body, told) => {
  const key = readFileSync(join(dir, 'data', 'admin-key'), 'utf8').trim();
  const answer = await fetch(`${sidecar.url}/v1/${route}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
    400,
    told,
  ]);
});
