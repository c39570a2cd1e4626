/** A definition is put under the id of its path, and may leave it out. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSidecar, type Listening } from '../index.ts';

let dir: string;
let sidecar: Listening;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'put-'));
  sidecar = await createSidecar({ dataDir: join(dir, 'data'), startDir: dir, port: 0 }).listen();
});
afterAll(async () => {
  await sidecar.close();
  rmSync(dir, { recursive: true });
});

const about = { name: 'Refund', description: 'pay back', action: 'issue_refund', safety: 'write' };

it.each([
  [about, 200, 'crm.refund'],
  [{ ...about, id: 'crm.refund' }, 200, 'crm.refund'],
  [{ ...about, id: 'crm.other' }, 400, 'another than that of the path'],
  [{ ...about, id: null }, 400, 'another than that of the path'],
  [[about], 400, 'expected object'],
  [null, 400, 'expected object'],
  [7, 400, 'expected object'],
])('%j', async (definition, status, told) => {
  const key = readFileSync(join(dir, 'data', 'admin-key'), 'utf8').trim();
  const answer = await fetch(`${sidecar.url}/v1/capabilities/crm.refund`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(definition),
  });
  expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(told)]);
});
