/** Keys over the wire: made by an administrator, journaled, their texts nowhere but in the one answer. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Running, running } from '../testing/running.ts';

let one: Running;
beforeAll(async () => {
  one = await running();
});
afterAll(() => one.clear());

const admin = (method: string, path: string, json?: unknown) =>
  one.ask(method, path, { key: one.adminKey, ...(json === undefined ? {} : { json }) });

test('made, used, listed, rotated, revoked; each a record; no secret kept', async () => {
  const made = await admin('POST', '/v1/keys', {
    principal: { id: 'bot-7', kind: 'service', roles: ['support'], attributes: { tier: 'gold' } },
    rights: ['decide'],
    label: 'the seventh',
    may_assert: { on_behalf_of: ['user-1'] },
    rate: { max: 100, per_seconds: 1 },
    expires: '2099-01-01T00:00:00Z',
  });
  expect(made.status).toBe(201);
  const { id, key, ...rest } = made.body;
  expect(rest).toMatchObject({
    label: 'the seventh',
    tenant: 'default',
    rights: ['decide'],
    expires: '2099-01-01T00:00:00Z',
  });
  expect((await one.ask('POST', '/v1/decide', { key, json: { action: 'ok.read' } })).status).toBe(
    200,
  );

  const listed = await admin('GET', '/v1/keys');
  expect(listed.body.keys.map((view: { id: string }) => view.id)).toContain(id);
  expect(listed.text).not.toContain('hash');
  expect(listed.text).not.toContain('pcl_');

  const rotated = await admin('POST', `/v1/keys/${id}/rotate`);
  expect(rotated.body.key).not.toBe(key);
  expect((await one.ask('GET', '/v1/status', { key })).status).toBe(401);
  expect((await admin('DELETE', `/v1/keys/${id}`)).body).toMatchObject({
    id,
    label: 'the seventh',
  });
  expect((await one.ask('GET', '/v1/status', { key: rotated.body.key })).status).toBe(401);
  expect((await admin('DELETE', `/v1/keys/${id}`)).body).toMatchObject({
    code: 'not_found',
    status: 404,
  });

  const journal = (await admin('GET', '/v1/journal?limit=1000')).text;
  for (const verb of ['create', 'list', 'rotate', 'revoke'])
    expect(journal).toContain(`portcullis.keys.${verb}`);
  for (const secret of [key, rotated.body.key]) {
    expect(journal).not.toContain(secret.slice(21));
    expect(readFileSync(join(one.dataDir, 'api-keys.json'), 'utf8')).not.toContain(
      secret.slice(21),
    );
    expect(one.logs.join('')).not.toContain(secret.slice(21));
  }
});

test.each<readonly [string, unknown]>([
  ['no principal', { rights: [] }],
  ['no rights', { principal: { id: 'x' } }],
  ['an unknown right', { principal: { id: 'x' }, rights: ['root'] }],
  ['an unknown member', { principal: { id: 'x' }, rights: [], tenant: 'other' }],
  ['an unknown kind', { principal: { id: 'x', kind: 'god' }, rights: [] }],
  ['an empty id', { principal: { id: '' }, rights: [] }],
  ['a date that is none', { principal: { id: 'x' }, rights: [], expires: 'tomorrow' }],
  ['an end in the past', { principal: { id: 'x' }, rights: [], expires: '2020-01-01T00:00:00Z' }],
  ['a rate of nothing', { principal: { id: 'x' }, rights: [], rate: { max: 0, per_seconds: 1 } }],
  ['a fingerprint that is none', { principal: { id: 'x' }, rights: [], certificate: 'AB:CD' }],
  ['a secret of its own', { principal: { id: 'x' }, rights: [], key: 'pcl_mine' }],
])('%s is refused and makes nothing', async (_, json) => {
  const before = one.keys.list('default').length;
  expect((await admin('POST', '/v1/keys', json)).status).toBe(400);
  expect(one.keys.list('default')).toHaveLength(before);
});

test('the last key that may make keys cannot be revoked', async () => {
  const own = one.keys.list('default').find((key) => key.label === 'admin-key');
  expect((await admin('DELETE', `/v1/keys/${own?.id}`)).body).toMatchObject({
    code: 'conflict',
    status: 409,
  });
});
