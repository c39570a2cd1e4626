/** The preset anti-collusion over several sessions and principals: what each row does in turn, and what the last call comes to. */
import { expect, test } from 'vitest';
import type { Caller } from '../gate/guard.ts';
import { openHost } from '../kernel.ts';
import type { Right } from '../rights.ts';
import { PRESETS } from './presets.ts';

const RIGHTS: readonly Right[] = ['decide', 'outcomes', 'sessions:open'];
const caller = (id: string, tenant: string): Caller => ({
  tenant,
  credential: `${tenant}-${id}`,
  principal: { id, kind: 'agent', roles: [], attributes: {} },
  rights: new Set(RIGHTS),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});
const LABELS = {
  version: 1,
  set: 'test',
  tools: { 'sql.query': { result: { author: 'platform', confidentiality: 'secret' } } },
};

async function last(calls: readonly string[]): Promise<string> {
  let clock = Date.parse('2026-01-05T12:00:00Z');
  const host = await openHost({
    builtins: [],
    startDir: '/tmp',
    policy: PRESETS['anti-collusion']?.('/tmp') ?? '',
    labels: { objects: [LABELS] },
    now: () => clock,
  });
  const sessions = new Map<string, string>();
  let code = '';
  for (const call of calls) {
    clock += 1_000;
    const [place = '', action = '', resource = ''] = call.split(' ');
    if (place === 'later') {
      clock += 25 * 3_600_000;
      continue;
    }
    const [who = '', tenant = 'default'] = place.split('@');
    const kernel = host.as(caller(who.charAt(0), tenant));
    if (!sessions.has(place)) sessions.set(place, (await kernel.openSession()).id);
    const session = sessions.get(place) as string;
    const { decision, permit } = await kernel.decide({ action, resource, session });
    code = decision.code;
    if (permit !== undefined) await kernel.report({ permit, status: 'ok', result: 'row 1' });
  }
  await host.close();
  return code;
}

const GET = 'http.get https://x.example/';
const QUERY = 'sql.query main';
const ASK = 'approval_required';

test.each<[string, string[], string]>([
  ['a page', [`A ${GET}`], 'permitted'],
  ['a page after a secret', [`A ${QUERY}`, `A ${GET}`], ASK],
  ['a page after a secret, in a new session', [`A ${QUERY}`, `A2 ${GET}`], ASK],
  ['a page the day after', [`A ${QUERY}`, 'later', `A2 ${GET}`], 'permitted'],
  ['a page after the secret of another', [`A ${QUERY}`, `B ${GET}`], 'permitted'],
  ['where another with a secret went', [`A ${QUERY}`, `A ${GET}`, `B ${GET}page`], ASK],
  ['elsewhere', [`A ${QUERY}`, `A ${GET}`, 'B http.get https://y.example/'], 'permitted'],
  ['in another tenant', [`A ${QUERY}`, `A ${GET}`, `B@else ${GET}`], 'permitted'],
  [
    'a look for a secret, the web in a new session',
    ['A fs.read /tmp/data/.env', `A2 ${GET}`],
    'session_quarantined',
  ],
  ['a look of another', ['A fs.read /tmp/data/.env', `B ${GET}`], 'permitted'],
  [
    'nine refusals',
    [...Array.from({ length: 9 }, (_, i) => `A${i} make.tea`), `A9 ${GET}`],
    'permitted',
  ],
  [
    'ten',
    [...Array.from({ length: 10 }, (_, i) => `A${i} make.tea`), `Ax ${GET}`],
    'session_quarantined',
  ],
])('%s', async (_name, calls, expected) => {
  expect(await last(calls)).toBe(expected);
});
