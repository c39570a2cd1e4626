import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { generateSigningKey } from '../crypto/index.ts';
import type { Answer } from '../gate/guard.ts';
import { evaluationOf } from '../policy/testing/fixtures.ts';
import { Grants } from './grants/grants.ts';
import { Mint } from './grants/mint.ts';
import { Proofs } from './grants/proof.ts';
import { asRead } from './grants/request.ts';
import { capabilityGuard } from './guard.ts';
import type { GrantedCapability } from './port.ts';
import { grantKeys } from './token/keys.ts';
import { attenuate } from './token/token.ts';

const NOW = Date.UTC(2026, 0, 5, 12);
const capability = (more: Partial<GrantedCapability> = {}): GrantedCapability => ({
  id: 'refunds',
  digest: 'd1',
  action: 'issue_refund',
  execution: 'provider',
  operation: (params) => ({ resource: undefined, params }),
  outside: () => undefined,
  ...more,
});

let found: GrantedCapability | undefined;
let destructive: string[];
let stops: Answer | undefined;
let grants: Grants;
let token: string;

/** What the stage says of an action with this token, or with none. */
function check(shown: string | undefined, action = 'issue_refund', execution?: 'none') {
  const checks = {
    mint: new Mint(grantKeys('hmac', signing, secret), 'test'),
    grants,
    proofs: new Proofs(0),
    book: { find: () => found, takesGrant: (name: string) => destructive.includes(name) },
    stopped: () => stops,
  };
  const ev = evaluationOf({ action, principal: { id: 'bot-1' } });
  ev.request = {
    action,
    params: {},
    paramsText: '{}',
    ...(shown === undefined ? {} : { token: shown }),
  };
  if (execution !== undefined) ev.execution = execution;
  const answer = capabilityGuard(checks).check(ev) as Answer;
  return { code: answer.kind === 'pass' ? 'pass' : answer.code, ev };
}

const signing = generateSigningKey();
const secret = randomBytes(32);

beforeEach(() => {
  found = capability();
  destructive = [];
  stops = undefined;
  grants = new Grants();
  const terms = {
    id: 'grt_1',
    tenant: 'default',
    principal: 'bot-1',
    capability: 'refunds',
    definition: 'd1',
    caveats: [],
    issued: NOW,
    expires: NOW + 1_000,
    uses: 2,
    by: [],
  };
  grants.issue(terms);
  token = new Mint(grantKeys('hmac', signing, secret), 'test').issue(
    terms,
    asRead({}),
    [],
  ) as string;
});

test('without a token: only what is registered as destructive asks for one', () => {
  expect(check(undefined).code).toBe('pass');
  destructive = ['issue_refund'];
  expect(check(undefined).code).toBe('grant_required');
  expect(check(undefined, 'fs.read').code).toBe('pass');
  expect(check(token).code).toBe('pass');
});

test('a capability that changed, that is gone, or that is for another action', () => {
  found = capability({ digest: 'd2' });
  expect(check(token).code).toBe('token_scope');
  found = undefined;
  expect(check(token).code).toBe('token_scope');
  found = capability({ action: 'other' });
  expect(check(token).code).toBe('token_scope');
  found = capability({ outside: () => 'params/amount is not there' });
  expect(check(token).code).toBe('invalid_params');
  expect(grants.get('grt_1')?.used).toBe(0);
});

test('the use is taken at once and given back; a pure check takes none', () => {
  const { ev } = check(token);
  expect(grants.get('grt_1')?.used).toBe(1);
  expect(ev.members).toEqual({ grant: { id: 'grt_1', capability: 'refunds' } });
  for (const reservation of ev.reservations) reservation.release();
  expect(grants.get('grt_1')?.used).toBe(0);
  for (let i = 0; i < 5; i++) expect(check(token, 'issue_refund', 'none').code).toBe('pass');
  expect([check(token).code, check(token).code, check(token).code]).toEqual([
    'pass',
    'pass',
    'token_exhausted',
  ]);
  expect(check(token, 'issue_refund', 'none').code).toBe('token_exhausted');
});

test('a block that nothing was used of takes no room, however many are made', () => {
  const blocks = () => [...(grants.get('grt_1')?.blocks ?? [])];
  for (let i = 0; i < 5; i++) {
    const made = attenuate(token, { uses: 1, keys: [`k${i}`] });
    const { ev } = check('token' in made ? made.token : '');
    expect(blocks()).toHaveLength(1);
    for (const reservation of ev.reservations) reservation.release();
    expect(blocks()).toEqual([]);
  }
});

test('a frame shows what the capability lets it, and its handle is bound to the grant', () => {
  found = capability({ view: { fields: ['id'], rows: 5 } });
  expect(check(token).ev.view).toEqual({ fields: ['id'], rows: 5, grant: 'grt_1' });
});

test('what stops a delegator is asked of delegated grants alone', () => {
  stops = { kind: 'deny', code: 'session_quarantined' };
  expect(check(token).code).toBe('pass');
});
