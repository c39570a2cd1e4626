/** Two tenants of one sidecar: with every right that a key can have, one reads nothing of the other and changes nothing for it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RIGHTS } from '@portcullis/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Running, running } from './testing/running.ts';

const POLICY = {
  version: 1,
  rules: [
    { name: 'ask', effect: 'require_approval', when: { action: 'pay' } },
    { name: 'rest', effect: 'permit', when: {} },
  ],
};
const NEW = 'version: 1\nrules: [{name: no, effect: deny, when: {action: "ok.*"}}]';

let one: Running;
/** What they read before anybody named ours to them, by path. */
const read = new Map<string, string>();
let acme: string;
let ours: string;
/** What the others could get hold of. */
let of: Record<
  'session' | 'held' | 'action' | 'permit' | 'grant' | 'token' | 'scope' | 'key',
  string
>;

beforeAll(async () => {
  one = await running({
    policy: POLICY,
    capabilities: [{ id: 'cap.go', name: 'n', description: 'd', action: 'go', safety: 'write' }],
  });
  const keyOf = (tenant: string, id: string) =>
    one.keys.create(tenant, {
      principal: { id, kind: 'user' },
      rights: [...RIGHTS],
      may_assert: { user_turns: true },
      label: id,
    }).key;
  acme = keyOf('acme', 'boss');
  ours = keyOf('default', 'zebra');
  const session = (await us('POST', '/v1/sessions', { label: 'zebra' })).body.id;
  const asked = (action: string) => us('POST', '/v1/decide', { action, session });
  const { body: held } = await asked('pay');
  const { body: made } = await asked('zebra.do');
  const { body: granted } = await us('POST', '/v1/grants', { capability: 'cap.go' });
  const { body: scope } = await us('POST', '/v1/scopes', { policy: 'version: 1\nrules: []' });
  const { body: keys } = await us('GET', '/v1/keys');
  await us('POST', '/v1/decide', 'zebra');
  of = {
    session,
    held: held.approval.id,
    action: made.decision.id,
    permit: made.permit,
    grant: granted.id,
    token: granted.token,
    scope: scope.id,
    key: keys.keys.find(({ label }: { label: string }) => label === 'zebra').id,
  };
  for (const path of reads) read.set(path, (await them('GET', named(path))).text);
});
afterAll(() => one.clear());

const ask = (key: string) => (method: string, path: string, json?: unknown) =>
  one.ask(method, path, { key, ...(json === undefined ? {} : { json }) });
const us = (...asked: [string, string, unknown?]) => ask(ours)(...asked);
const them = (...asked: [string, string, unknown?]) => ask(acme)(...asked);

const reads = [
  '/v1/status',
  '/v1/keys',
  '/v1/sessions/SESSION',
  '/v1/explain/ACTION',
  '/v1/approvals',
  '/v1/approvals/HELD',
  '/v1/budgets',
  '/v1/grants',
  '/v1/invalidations',
  '/v1/capabilities',
  '/v1/journal?limit=1000',
  '/v1/journal/export',
  '/v1/journal/checkpoint',
  '/v1/journal/records/2',
  '/v1/journal/proof/2',
  '/metrics',
];
test.each(reads)('reads nothing of it: %s', (path) => {
  expect(read.get(path)).toMatch(/./);
  expect(read.get(path)).not.toContain('zebra');
});

const changes: [string, string, unknown?][] = [
  ['DELETE', '/v1/sessions/SESSION'],
  ['POST', '/v1/sessions/SESSION/turns', { role: 'user', text: 'go on' }],
  ['POST', '/v1/sessions/SESSION/quarantine', { level: 'frozen', reason: 'r' }],
  ['POST', '/v1/sessions/SESSION/endorse', { value: 'v', reason: 'r' }],
  ['POST', '/v1/sessions', { parent: 'SESSION' }],
  ['POST', '/v1/sessions', { scope: 'SCOPE' }],
  ['POST', '/v1/approvals/HELD', { decision: 'approve' }],
  ['POST', '/v1/approvals/HELD/resume', {}],
  ['DELETE', '/v1/approvals/HELD'],
  ['POST', '/v1/outcomes', { permit: 'PERMIT', status: 'ok', result: 1 }],
  ['POST', '/v1/permits/redeem', { permit: 'PERMIT' }],
  ['POST', '/v1/journal/resolve', { id: 'ACTION', outcome: 'happened' }],
  ['POST', '/v1/decide', { action: 'go', token: 'TOKEN' }],
  ['POST', '/v1/grants', { token: 'TOKEN', delegate_to: 'boss' }],
  ['DELETE', '/v1/grants/GRANT'],
  ['POST', '/v1/grants/revoke', { grant: 'GRANT', reason: 'r' }],
  ['POST', '/v1/grants/revoke', { principal: 'zebra', reason: 'r' }],
  ['POST', '/v1/invalidate', { target: 'session', id: 'SESSION', reason: 'r' }],
  ['POST', '/v1/invalidate', { target: 'principal', id: 'zebra', reason: 'r' }],
  ['PUT', '/v1/scopes/SCOPE', { policy: NEW }],
  ['DELETE', '/v1/scopes/SCOPE'],
  ['POST', '/v1/keys/KEY/rotate'],
  ['DELETE', '/v1/keys/KEY'],
  ['PUT', '/v1/policy', { text: NEW }],
  ['POST', '/v1/freeze', { on: true, reason: 'incident' }],
  ['POST', '/v1/freeze', { on: false, reason: 'over' }],
];
test.each(changes)('changes nothing for it: %s %s', async (method, path, json) => {
  const before = await view();
  const sent = json === undefined ? undefined : JSON.parse(named(JSON.stringify(json)));
  await them(method, named(path), sent);
  expect(await view()).toEqual(before);
});

test('stops itself and nobody else; what stops everybody is the first tenant’s to begin and to lift', async () => {
  const freeze = async (whose: typeof us, on: boolean) => {
    const { body } = await whose('POST', '/v1/freeze', { on, reason: 'incident' });
    return body.code ?? body.freezes;
  };
  const codes = () =>
    Promise.all(
      [us, them].map(async (whose) => {
        const { body } = await whose('POST', '/v1/decide', { action: 'ok.read' });
        return body.decision.code;
      }),
    );
  expect(await freeze(them, true)).toEqual(['tenant']);
  expect(await codes()).toEqual(['permitted', 'frozen']);
  expect((await us('GET', '/v1/status')).body).toMatchObject({ frozen: false, freezes: [] });
  expect(await freeze(us, true)).toEqual(['all']);
  expect((await them('GET', '/v1/status')).body.freezes).toEqual(['all', 'tenant']);
  expect(await freeze(them, false)).toEqual(['all']);
  expect(await freeze(them, false)).toBe('forbidden');
  expect(await codes()).toEqual(['frozen', 'frozen']);
  expect(await freeze(them, true)).toEqual(['all', 'tenant']);
  expect(await freeze(us, false)).toEqual([]);
  expect(await codes()).toEqual(['permitted', 'frozen']);
  expect(await freeze(them, false)).toEqual([]);
  expect(await codes()).toEqual(['permitted', 'permitted']);
});

test('what was refused to each is in its journal, and every record says each thing once', async () => {
  await them('POST', '/v1/decide', 'no object');
  await them('PUT', '/v1/policy', {});
  const refused = async (whose: typeof us) => {
    const { body } = await whose('GET', '/v1/journal?limit=1000&kind=system');
    return body.records
      .filter(({ event }: { event: string }) => event === 'refused')
      .map(({ principal }: { principal: string }) => principal);
  };
  expect(await refused(them)).toEqual(['boss']);
  expect(await refused(us)).not.toContain('boss');
  const dir = join(one.dataDir, 'journal');
  const segments = readdirSync(dir).filter((name) => name.endsWith('.jsonl'));
  const lines = segments.flatMap((name) =>
    readFileSync(join(dir, name), 'utf8').trim().split('\n'),
  );
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) expect(JSON.stringify(JSON.parse(line))).toBe(line);
});

const named = (text: string): string =>
  text.replace(/SESSION|HELD|ACTION|PERMIT|GRANT|TOKEN|SCOPE|KEY/g, (name) => {
    return of[name.toLowerCase() as keyof typeof of];
  });

/** What stands of ours. */
async function view(): Promise<unknown> {
  const asked = { action: 'ok.read', session: of.session, execution: 'none' };
  const [session, held, permit, decided, granted, key, policy] = await Promise.all([
    us('GET', `/v1/sessions/${of.session}`),
    us('GET', `/v1/approvals/${of.held}`),
    us('POST', '/v1/permits/verify', { permit: of.permit }),
    us('POST', '/v1/decide', asked),
    us('POST', '/v1/decide', { ...asked, action: 'go', token: of.token }),
    us('GET', '/v1/keys'),
    us('GET', '/v1/policy'),
  ]);
  const effects = [decided, granted].map(({ body }) => body.decision.effect);
  const { status, quarantine } = session.body;
  const scope = (await us('POST', '/v1/sessions', { scope: of.scope })).status;
  return [
    status,
    quarantine,
    held.body.status,
    permit.body.valid,
    effects,
    key.body,
    policy.body,
    scope,
  ];
}

test('one that opens sessions without an end leaves places for others', async () => {
  const small = await running({ sessions: { most: 16 } });
  const open = async (key: string) =>
    (await small.ask('POST', '/v1/sessions', { key, json: {} })).status;
  const greedy = small.keyWith(['sessions:open']);
  const all = await Promise.all(Array.from({ length: 20 }, () => open(greedy)));
  const other = await open(small.keyWith(['sessions:open']));
  await small.clear();
  expect(all.filter((status) => status === 200).length).toBe(14);
  expect(other).toBe(200);
});
