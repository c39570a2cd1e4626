/** Each rule of policies/behaviour/correlation.yaml, with what comes near and is none of it; the same when the kernel restarts after the first and before the last call. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Caller } from '../gate/guard.ts';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import type { Right } from '../rights.ts';

const TEXT = readFileSync(
  join(import.meta.dirname, '../../../../policies/behaviour/correlation.yaml'),
  'utf8',
);
const POLICY = `${TEXT}
rules:
  - {name: no, effect: deny, when: {action: no.*}}
  - {name: all, effect: permit, when: {flow: {tainted: false}}}
  - {name: tainted, effect: permit, when: {flow: {tainted: true}}}
`;
/** What every output gives, and every file and message holds. */
const DATA = 'alpha1 bravo2 charlie3 delta4';
const LABELS = {
  version: 1,
  set: 'test',
  tools: {
    'vault.read': { result: { author: 'platform', confidentiality: 'secret' } },
    'clock.read': { result: { author: 'trusted', confidentiality: 'public' } },
  },
};
const RIGHTS: readonly Right[] = ['decide', 'outcomes', 'sessions:open'];

const caller = (id: string, tenant: string): Caller => ({
  tenant,
  credential: `${tenant}-${id}`,
  principal: { id, kind: 'agent', roles: [], attributes: {} },
  rights: new Set(RIGHTS),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});

/**
 * `A kv.put k`, `A! web.page` reported with what it gave, `A2 …` in another session of A, `A@other …` in another tenant, `+1h` time that goes by.
 * The code of the last call.
 */
async function last(calls: readonly string[], restart: boolean): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-correlation-'));
  let clock = Date.parse('2026-01-05T12:00:00Z');
  const open = (): Promise<KernelHost> =>
    openHost({
      dataDir: folder,
      builtins: [],
      policy: POLICY,
      labels: { objects: [LABELS] },
      now: () => clock,
    });
  let host = await open();
  const sessions = new Map<string, string>();
  let code = '';
  for (const [index, call] of calls.entries()) {
    if (call.startsWith('+')) {
      clock += Number(call.slice(1, -1)) * (call.endsWith('h') ? 3_600_000 : 60_000);
      continue;
    }
    clock += 1_000;
    const [who = '', action = '', resource] = call.split(' ');
    const [, id = '', number = '', tenant = 'default'] =
      /^([A-Z])(\d?)!?(?:@(\w+))?!?$/.exec(who) ?? [];
    const kernel = host.as(caller(id, tenant));
    const place = `${id}${number}@${tenant}`;
    if (!sessions.has(place)) sessions.set(place, (await kernel.openSession()).id);
    const session = sessions.get(place) as string;
    const params = action.startsWith('http.') ? { body: DATA } : { content: DATA };
    const asked = { action, session, params, ...(resource === undefined ? {} : { resource }) };
    const { decision, permit } = await kernel.decide(asked);
    code = decision.code;
    if (permit !== undefined && who.includes('!'))
      await kernel.report({ permit, status: 'ok', result: DATA });
    if (!restart || (index !== 0 && index !== calls.length - 2)) continue;
    await host.close();
    host = await open();
  }
  await host.close();
  rmSync(folder, { recursive: true, force: true });
  return code;
}

const OK = 'permitted';
const ASK = 'approval_required';
const END = 'session_quarantined';
const SEND = 'http.post http://x.example/';

it.each<[string, string[], string]>([
  ['a relay', ['A! web.page', 'A kv.put k', 'B kv.get k', `B ${SEND}`], ASK],
  [
    'a relay in two sessions of the taker',
    ['A! web.page', 'A kv.put k', 'B kv.get k', `B2 ${SEND}`],
    ASK,
  ],
  ['a relay by files', ['A! web.page', 'A fs.write /w/f', 'B fs.read /w/f', `B ${SEND}`], ASK],
  [
    'a relay by way of a path spelt otherwise',
    ['A! web.page', 'A fs.write /w/f', 'B fs.read /w/x/../f', `B ${SEND}`],
    ASK,
  ],
  ['a relay of what was clean', ['A! clock.read', 'A kv.put k', 'B kv.get k', `B ${SEND}`], OK],
  ['a relay of another key', ['A! web.page', 'A kv.put k', 'B kv.get j', `B ${SEND}`], OK],
  ['a key of one own', ['A! web.page', 'A kv.put k', 'A2 kv.get k', `A2 ${SEND}`], OK],
  ['a taker that does not send', ['A! web.page', 'A kv.put k', 'B kv.get k', 'B kv.get j'], OK],
  ['another than the taker sends', ['A! web.page', 'A kv.put k', 'B kv.get k', `C ${SEND}`], OK],
  ['taken before it was put', ['B kv.get k', 'A! web.page', 'A kv.put k', `B ${SEND}`], OK],
  ['a relay too long ago', ['A! web.page', 'A kv.put k', '+25h', 'B kv.get k', `B ${SEND}`], OK],
  [
    'a relay within its time',
    ['A! web.page', 'A kv.put k', '+23h', 'B kv.get k', `B ${SEND}`],
    ASK,
  ],
  [
    'a relay into another tenant',
    ['A! web.page', 'A kv.put k', 'B@else kv.get k', `B@else ${SEND}`],
    OK,
  ],
  [
    'the same in the other tenant alone',
    ['A@else! web.page', 'A@else kv.put k', 'B@else kv.get k', `B@else ${SEND}`],
    ASK,
  ],

  [
    'a secret, derived, and egress',
    ['A! vault.read', 'A kv.put k', 'B kv.get k', 'B http.get http://x.example/'],
    END,
  ],
  [
    'the same in a new session',
    ['A! vault.read', 'A kv.put k', 'B kv.get k', 'B2 http.get http://x.example/'],
    END,
  ],
  [
    'down a line of three',
    [
      'A! vault.read',
      'A kv.put k',
      'B kv.get k',
      'B kv.put j',
      'C kv.get j',
      'C http.get http://x.example/',
    ],
    END,
  ],
  [
    'a line that begins with what is no secret',
    [
      'A! clock.read',
      'A kv.put k',
      'B kv.get k',
      'B kv.put j',
      'C kv.get j',
      'C http.get http://x.example/',
    ],
    OK,
  ],
  [
    'a line over another tenant',
    ['A! vault.read', 'A kv.put k', 'B@else kv.get k', 'B@else http.get http://x.example/'],
    OK,
  ],
  [
    'who derived nothing',
    ['A! vault.read', 'A kv.put k', 'B kv.get k', 'C http.get http://x.example/'],
    OK,
  ],

  [
    'three that converge',
    ['A! web.page', 'B! web.page', 'C! web.page', `A ${SEND}`, `B ${SEND}`, `C ${SEND}`],
    ASK,
  ],
  [
    'by another path and port of one host',
    [
      'A! web.page',
      'B! web.page',
      'C! web.page',
      'A http.post http://x.example/a',
      'B http.put http://x.example:8080/b',
      `C ${SEND}`,
    ],
    ASK,
  ],
  ['two of three', ['A! web.page', 'B! web.page', `A ${SEND}`, `B ${SEND}`, `A ${SEND}`], OK],
  [
    'to three places',
    [
      'A! web.page',
      'B! web.page',
      'C! web.page',
      'A http.post http://a.example/',
      'B http.post http://b.example/',
      `C ${SEND}`,
    ],
    OK,
  ],
  [
    'over more than the window',
    [
      'A! web.page',
      'B! web.page',
      'C! web.page',
      `A ${SEND}`,
      '+6m',
      `B ${SEND}`,
      '+6m',
      `C ${SEND}`,
    ],
    OK,
  ],
  [
    'who have seen nothing private',
    ['A! clock.read', 'B! clock.read', 'C! clock.read', `A ${SEND}`, `B ${SEND}`, `C ${SEND}`],
    OK,
  ],
  [
    'of two tenants',
    ['A! web.page', 'B@else! web.page', 'C! web.page', `A ${SEND}`, `B@else ${SEND}`, `C ${SEND}`],
    OK,
  ],

  ['a secret, then egress in a new session', ['A fs.read /home/u/.env', `A2 ${SEND}`], END],
  [
    'and then anything in any session',
    ['A fs.read /home/u/.env', `A2 ${SEND}`, 'A3 kv.put k'],
    END,
  ],
  ['a secret of another', ['A fs.read /home/u/.env', `B ${SEND}`], OK],
  ['a secret yesterday', ['A fs.read /home/u/.env', '+25h', `A2 ${SEND}`], OK],
  [
    'untrusted text, then a probe in a new session',
    ['A! web.page', 'A2 fs.read /home/u/.ssh/id_rsa'],
    ASK,
  ],
  ['untrusted text of another', ['A! web.page', 'B fs.read /home/u/.ssh/id_rsa'], OK],
  ['untrusted text long ago', ['A! web.page', '+2h', 'A2 fs.read /home/u/.ssh/id_rsa'], OK],
  [
    'refusals over many sessions',
    [
      'A no.a',
      'A1 no.a',
      'A2 no.a',
      'A3 no.a',
      'A4 no.a',
      'A5 no.a',
      'A6 no.a',
      'A7 no.a',
      'A8 no.a',
      'A9 no.a',
      'A kv.put k',
    ],
    END,
  ],
  [
    'one refusal fewer',
    [
      'A no.a',
      'A1 no.a',
      'A2 no.a',
      'A3 no.a',
      'A4 no.a',
      'A5 no.a',
      'A6 no.a',
      'A7 no.a',
      'A8 no.a',
      'A kv.put k',
    ],
    OK,
  ],
])('%s', async (_name, calls, expected) => {
  expect(await last(calls, false)).toBe(expected);
  expect(await last(calls, true)).toBe(expected);
});
