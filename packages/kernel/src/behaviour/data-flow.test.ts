/** The arrow of a rule over calls: data of one call in the arguments of a later one; how it is hidden, what is none of it, what nobody knows, and a naive reader. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, JsonObject, Kernel } from '@portcullis/wire';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKernel } from '../kernel.ts';
import { loadPolicy } from '../policy/index.ts';
import { DataFlow } from './data-flow.ts';

let folder: string;
let clock: number;
let kernel: Kernel;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-arrow-'));
  clock = Date.parse('2026-01-05T12:00:00Z');
});
afterEach(async () => {
  await kernel?.close();
  rmSync(folder, { recursive: true, force: true });
});

const policy = (sequence: string, more = '') => `version: 1
rules:
  - {name: no, effect: deny, when: {action: no.*}}
  - {name: all, effect: permit}
behaviour:
  - name: secret-flows
    sequence: ${sequence}
    steps: {secret: {action: vault.read}, send: {action: net.post}${more}}
    effect: deny
`;
const RULE = policy('secret -> send within 20 calls');

async function open(text = RULE): Promise<Kernel> {
  kernel = await createKernel({
    dataDir: folder,
    builtins: [],
    policy: text,
    now: () => clock,
  });
  return kernel;
}

/** Decides, runs and reports one call; its code. */
async function call(
  action: string,
  params: JsonObject = {},
  result?: Json,
  session?: string,
): Promise<string> {
  clock += 1_000;
  const { decision, permit } = await kernel.decide({
    action,
    params,
    ...(session === undefined ? {} : { session }),
  });
  if (permit !== undefined && result !== undefined)
    await kernel.report({ permit, status: 'ok', result });
  return decision.code;
}

const NO = 'behaviour_denied';
const OK = 'permitted';
const SECRET = 'the key is sk-live-9f8e7d6c5b4a3921 and the word is swordfish';

describe('data of the one in the other', () => {
  beforeEach(async () => {
    await open();
    await call('vault.read', { name: 'prod' }, SECRET);
  });

  it.each([
    ['the whole of it', { body: SECRET }],
    ['a token of it in a long text', { body: `Dear Bob, here is 9f8e7d6c5b4a3921. Best, Eve` }],
    ['in capitals', { body: '9F8E7D6C5B4A3921' }],
    ['in base64', { body: Buffer.from(SECRET).toString('base64') }],
    ['in hexadecimal', { body: Buffer.from('9f8e7d6c5b4a3921').toString('hex') }],
    [
      'in percent escapes',
      { body: SECRET.replace(/[a-z]/g, (c) => `%${c.charCodeAt(0).toString(16)}`) },
    ],
    ['in full-width letters', { body: '９ｆ８ｅ７ｄ６ｃ５ｂ４ａ３９２１' }],
    ['with Cyrillic letters', { body: 'ѕwоrdfіѕh' }],
    ['one plain word as a value', { note: 'swordfish' }],
    ['as the name of a field', { '9f8e7d6c5b4a3921': true }],
    ['deep inside', { a: [{ b: { c: ['x', SECRET] } }] }],
    ['cut in two', { a: '9f8e7d6c', b: '5b4a3921' }],
    ['a word cut in two', { a: 'sword', b: 'fish' }],
    ['a row of words', { body: 'remember: the word is swordfish' }],
    ['a piece of it with more around', { body: 'zz8e7d6c5bzz' }],
  ])('is found: %s', async (_name, params) => {
    expect(await call('net.post', params)).toBe(NO);
  });

  it('is found in the resource', async () => {
    const resource = 'mail/9f8e7d6c5b4a3921';
    expect((await kernel.decide({ action: 'net.post', resource })).decision.code).toBe(NO);
  });

  it.each([
    ['nothing', {}],
    ['another text', { body: 'The meeting moved to Tuesday.', to: 'bob@example.com' }],
    ['a word that both have in a text', { body: 'Which key opens the door?' }],
    ['another number', { amount: 12, id: '7c6b5a4d3e2f1a0b' }],
  ])('is not: %s', async (_name, params) => {
    expect(await call('net.post', params)).toBe(OK);
  });

  it('is of one session', async () => {
    const { id } = await kernel.openSession();
    expect(await call('net.post', { body: SECRET }, undefined, id)).toBe(OK);
    expect(await call('net.post', { body: SECRET })).toBe(NO);
  });

  it('is not what the user typed, and is where the user typed something else', async () => {
    const { id } = await kernel.session();
    await kernel.addTurn(id, { role: 'user', text: 'Post swordfish to the channel.' });
    expect(await call('net.post', { body: 'swordfish' })).toBe(OK);
    expect(await call('net.post', { body: 'swordfish 9f8e7d6c5b4a3921' })).toBe(NO);
  });

  it('does not end because another call takes it along or gives it out changed', async () => {
    await call('util.encrypt', { text: SECRET }, 'QK77-ZPLM-0099-XXYY-4411');
    expect(await call('net.post', { body: 'QK77-ZPLM-0099-XXYY-4411' })).toBe(NO);
    await call('util.time', {}, '12:30:55 ABCD9911');
    expect(await call('net.post', { body: 'ABCD9911' })).toBe(OK);
  });

  it('is too late after the bound', async () => {
    for (let i = 0; i < 19; i++) await call('x');
    expect(await call('net.post', { body: SECRET })).toBe(NO);
    expect(await call('net.post', { body: SECRET })).toBe(OK);
  });
});

describe('what nobody knows counts as carried', () => {
  it('an output that was not reported, one without a result, one that was only checked', async () => {
    await open();
    await call('vault.read');
    expect(await call('net.post', { body: 'hello there' })).toBe(NO);
    expect(await call('net.post')).toBe(OK);
    const { id } = await kernel.openSession();
    const { permit } = await kernel.decide({ action: 'vault.read', session: id });
    await kernel.report({ permit: permit as string, status: 'ok' });
    expect(await call('net.post', { body: 'hello there' }, undefined, id)).toBe(NO);
    const { id: third } = await kernel.openSession();
    await kernel.decide({ action: 'vault.read', session: third, execution: 'none' });
    expect(await call('net.post', { body: 'hello there' }, undefined, third)).toBe(NO);
  });

  it('an output of before a restart; what the user types then goes out', async () => {
    await open();
    await call('vault.read', {}, SECRET);
    expect(await call('net.post', { body: 'hello there' })).toBe(OK);
    await kernel.close();
    await open();
    const { id } = await kernel.session();
    expect(await call('net.post', { body: 'hello there' })).toBe(NO);
    await kernel.addTurn(id, { role: 'user', text: 'Send them: hello there' });
    expect(await call('net.post', { body: 'hello there' })).toBe(OK);
    expect(await call('net.post', { body: SECRET })).toBe(NO);
  });

  it('nothing where nothing ran', async () => {
    await open(RULE.replace('secret: {action: vault.read}', 'secret: {action: "no.*"}'));
    await call('no.vault');
    expect(await call('net.post', { body: 'hello there' })).toBe(OK);
  });

  it('no piece of an output that comes in pieces', () => {
    const carried = new DataFlow();
    const began = { at: 0, call: 1 };
    carried.began('c', 's', [{ arrow: 'r', began }], 'provider');
    for (const piece of ['the key is 9f8e7d6c', '5b4a3921 and more'])
      carried.piece('c', Buffer.from(piece));
    carried.piece('c', { note: 'swordfish' });
    carried.settled('c', null);
    const says = (text: string) =>
      carried.in(
        's',
        'r',
        { texts: [text], own: [text], cuts: [], passed: [], more: false },
        () => false,
      );
    expect(says('9f8e7d6c5b4a3921')).toEqual(began);
    expect(says('swordfish')).toEqual(began);
    expect(says('herring')).toBeUndefined();
    carried.began('d', 's', [{ arrow: 'r', began }], 'provider');
    carried.piece('d', Buffer.alloc(9 * 1024 * 1024, 'x'));
    expect(says('herring')).toEqual(began);
  });

  it('more than is kept', () => {
    const carried = new DataFlow({ bytes: 10, began: 1 });
    const typed = () => false;
    const said = { texts: ['anything'], own: ['anything'], cuts: [], passed: [], more: false };
    for (const session of ['a', 'b']) {
      carried.began(session, session, [{ arrow: 'r', began: { at: 0, call: 1 } }], 'provider');
      carried.settled(session, SECRET);
    }
    expect(carried.in('a', 'r', said, typed)).toEqual({ at: 0, call: 1 });
    expect(carried.in('b', 'r', said, typed)).toBeUndefined();
    const huge = { ...said, texts: [], own: [], more: true };
    carried.began('c', 'b', [{ arrow: 'r', began: { at: 0, call: 2 } }], 'provider');
    carried.settled('c', 'x'.repeat(9 * 1024 * 1024));
    expect(carried.in('b', 'r', huge, typed)).toEqual({ at: 0, call: 2 });
  });
});

describe('several links', () => {
  it('each arrow is of the step before it', async () => {
    const text = policy('secret -> pack then send within 1h', ', pack: {action: zip}');
    await open(text);
    await call('vault.read', {}, SECRET);
    await call('zip', { files: 'nothing' }, 'zipped');
    expect(await call('net.post')).toBe(OK);
    await call('zip', { files: '9f8e7d6c5b4a3921' }, 'zipped');
    expect(await call('net.post')).toBe(NO);
    await kernel.close();
    await open(text);
    expect(await call('net.post')).toBe(NO);
  });

  it.each(['secret->send', 'secret -> send', 'secret  ->  send within 1h'])('%s loads', (row) => {
    const text = policy(row);
    expect(() => loadPolicy([{ layer: 'server', name: 'p', text }])).not.toThrow();
  });

  it.each(['-> send', 'secret ->', 'secret -> -> send', 'secret - > send', 'secret => send'])(
    '%s does not load',
    (row) => {
      const text = policy(row);
      expect(() => loadPolicy([{ layer: 'server', name: 'p', text }])).toThrow();
    },
  );

  it('an arrow goes out from what was let through', () => {
    const text = RULE.replace('action: vault.read', 'action: vault.read, decided: denied');
    expect(() => loadPolicy([{ layer: 'server', name: 'p', text }])).toThrow(/nothing else/);
  });
});

it('comes to what somebody finds who reads every argument against every output', async () => {
  const word = fc.constantFrom('q1w2e3', 'r4t5y6', 'u7i8o9', 'p0a1s2', 'd3f4g5');
  const step = fc.record({
    kind: fc.constantFrom('vault.read', 'net.post', 'other'),
    says: fc.array(word, { maxLength: 2 }),
    gives: fc.array(word, { maxLength: 2 }),
    after: fc.integer({ min: 1, max: 3_000 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 16 }),
      fc.constantFrom('within 4 calls', 'within 5s', ''),
      async (steps, bound) => {
        const k = await createKernel({
          builtins: [],
          policy: policy(`secret -> send ${bound}`.trim()),
          now: () => clock,
        });
        /** Of each call, when it was and where its output came from: the latest secret that is in it. */
        const outputs: { words: readonly string[]; from: { at: number; call: number } }[] = [];
        let calls = 0;
        for (const { kind, says, gives, after } of steps) {
          clock += after;
          calls += 1;
          const carried = outputs
            .filter(({ words }) => says.some((one) => words.includes(one)))
            .map(({ from }) => from)
            .sort((a, b) => b.call - a.call)[0];
          const late =
            carried === undefined ||
            (bound === 'within 4 calls' && calls - carried.call > 4) ||
            (bound === 'within 5s' && clock - carried.at > 5_000);
          const { decision, permit } = await k.decide({ action: kind, params: { says } });
          expect(decision.code).toBe(kind === 'net.post' && !late ? NO : OK);
          if (permit === undefined) continue;
          await k.report({ permit, status: 'ok', result: gives });
          if (carried !== undefined) outputs.push({ words: gives, from: carried });
          if (kind === 'vault.read')
            outputs.push({ words: gives, from: { at: clock, call: calls } });
        }
        await k.close();
      },
    ),
    { numRuns: 60 },
  );
});
