/** Rules over the order of a session's calls: what completes a sequence, what does not, bounds, restarts, and a naive reader of the whole history. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKernel } from '../kernel.ts';
import type { CompiledBehaviour } from '../policy/compile/behaviour.ts';
import { loadPolicy } from '../policy/index.ts';
import { Sequences } from './sequences.ts';

let folder: string;
let clock: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-behaviour-'));
  clock = Date.parse('2026-01-05T12:00:00Z');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const policy = (behaviour: string) => `version: 1
rules:
  - {name: no, effect: deny, when: {action: no.*}}
  - {name: all, effect: permit}
behaviour:
${behaviour}`;

const SECRET = `  - name: secret-then-egress
    sequence: secret then send within 3 calls
    steps: {secret: {action: vault.read}, send: {action: [net.post, net.put]}}
    effect: deny
`;

const open = (text: string) =>
  createKernel({ dataDir: folder, builtins: [], policy: policy(text), now: () => clock });

async function codes(text: string, actions: readonly string[], restart = false): Promise<string[]> {
  let kernel = await open(text);
  const found: string[] = [];
  for (const action of actions) {
    found.push((await kernel.decide({ action })).decision.code);
    clock += 1_000;
    if (!restart) continue;
    await kernel.close();
    kernel = await open(text);
  }
  await kernel.close();
  return found;
}

const NO = 'behaviour_denied';
const OK = 'permitted';

describe('a sequence', () => {
  it.each([
    [
      ['vault.read', 'net.post'],
      [OK, NO],
    ],
    [
      ['net.post', 'vault.read'],
      [OK, OK],
    ],
    [
      ['vault.read', 'a', 'net.put', 'net.post'],
      [OK, OK, NO, NO],
    ],
    [
      ['vault.read', 'a', 'b', 'c', 'net.post'],
      [OK, OK, OK, OK, OK],
    ],
    [
      ['vault.read', 'a', 'vault.read', 'b', 'net.post'],
      [OK, OK, OK, OK, NO],
    ],
    [
      ['a', 'net.post'],
      [OK, OK],
    ],
  ])('%j comes to %j, restarted between any two calls or not', async (actions, expected) => {
    expect(await codes(SECRET, actions)).toEqual(expected);
    rmSync(folder, { recursive: true, force: true });
    expect(await codes(SECRET, actions, true)).toEqual(expected);
  });

  it('is of what was let through, and of one session', async () => {
    const text = SECRET.replace('vault.read}', 'no.vault}');
    expect(await codes(text, ['no.vault', 'net.post'])).toEqual(['denied_by_rule', OK]);
    const kernel = await open(SECRET);
    const { id } = await kernel.openSession();
    await kernel.decide({ action: 'vault.read' });
    expect((await kernel.decide({ action: 'net.post', session: id })).decision.code).toBe(OK);
    expect((await kernel.decide({ action: 'net.post' })).decision.code).toBe(NO);
    await kernel.close();
  });

  it('ends with its time', async () => {
    const text = SECRET.replace('3 calls', '5s');
    expect(await codes(text, ['vault.read', 'a', 'b', 'c', 'd', 'net.post'])).toContain(NO);
    rmSync(folder, { recursive: true, force: true });
    const late = ['vault.read', 'a', 'b', 'c', 'd', 'e', 'net.post'];
    expect(await codes(text, late)).not.toContain(NO);
  });

  it('takes a pure check for no step', async () => {
    const kernel = await open(SECRET);
    await kernel.decide({ action: 'vault.read' });
    const check = { action: 'net.post', execution: 'none' } as const;
    expect((await kernel.decide(check)).decision.code).toBe(NO);
    await kernel.close();
  });

  it('quarantines after so many denials, over a restart', async () => {
    const text = `  - name: probing
    sequence: denied within 1m
    steps: {denied: {decided: denied, times: 3}}
    effect: quarantine
    level: frozen
`;
    expect(await codes(text, ['no.a', 'x', 'no.b', 'no.c', 'x'], true)).toEqual([
      'denied_by_rule',
      OK,
      'denied_by_rule',
      'denied_by_rule',
      'session_quarantined',
    ]);
  });

  it('asks a person, and observes without an end', async () => {
    const asks = SECRET.replace('effect: deny', 'effect: require_approval');
    expect(await codes(asks, ['vault.read', 'net.post'])).toEqual([OK, 'approval_required']);
    const ends = SECRET.replace('effect: deny', 'effect: quarantine');
    const kernel = await createKernel({ builtins: [], mode: 'observe', policy: policy(ends) });
    await kernel.decide({ action: 'vault.read' });
    const { decision } = await kernel.decide({ action: 'net.post' });
    expect([decision.code, decision.would?.code]).toEqual([OK, 'session_quarantined']);
    expect((await kernel.session()).quarantine).toBe('none');
    await kernel.close();
  });

  it.each([
    ['a then then b', 'steps: {a: {}, b: {}}'],
    ['a then b within soon', 'steps: {a: {}, b: {}}'],
    ['a then b within 0 calls', 'steps: {a: {}, b: {}}'],
    ['a then b', 'steps: {a: {}}'],
    ['a then b', 'steps: {a: {}, b: {}, c: {}}'],
    ['a', 'steps: {a: {times: 33}}'],
    ['a', 'steps: {a: {colour: red}}'],
  ])('%s with %s does not load', (sequence, steps) => {
    const text = policy(`  - {name: x, sequence: ${sequence}, ${steps}, effect: deny}\n`);
    expect(() => loadPolicy([{ layer: 'server', name: 'p', text }])).toThrow();
  });
});

it('a move is a step by either of its names, and excepted only by both', async () => {
  const rule = `  - name: out
    sequence: secret then put
    steps: {secret: {action: vault.read}, put: {action: fs.move, resource: /**/shared/**, except: /**/shared/mine/**}}
    effect: deny
`;
  const kernel = await createKernel({
    dataDir: folder,
    startDir: folder,
    builtins: ['fs'],
    policy: policy(rule),
  });
  const moved = async (from: string, to: string): Promise<string> => {
    const resource = join(folder, from);
    const params = { to: join(folder, to) };
    return (await kernel.decide({ action: 'fs.move', resource, params, execution: 'none' }))
      .decision.code;
  };
  await kernel.decide({ action: 'vault.read', execution: 'none' });
  expect(await moved('a', 'b')).toBe('permitted');
  expect(await moved('a', 'shared/b')).toBe('behaviour_denied');
  expect(await moved('shared/a', 'b')).toBe('behaviour_denied');
  expect(await moved('shared/mine/a', 'shared/b')).toBe('behaviour_denied');
  expect(await moved('shared/mine/a', 'shared/mine/b')).toBe('permitted');
  await kernel.close();
});

it('a walk comes as far as somebody who reads the whole history', () => {
  const step = () => ({ decided: 'any' as const, matches: () => true });
  const call = fc.record({
    steps: fc.subarray([0, 1, 2]),
    after: fc.integer({ min: 0, max: 400 }),
  });
  const history = fc.array(call, { maxLength: 40 });
  fc.assert(
    fc.property(
      history,
      fc.constantFrom(2, 5, 1e9),
      fc.constantFrom(500, 1e9),
      (calls, most, time) => {
        const rule = { key: 'k', steps: [step(), step(), step()], calls: most, time };
        const sequences = new Sequences();
        const seen: { steps: readonly number[]; at: number }[] = [];
        let at = 0;
        for (const { steps, after } of calls) {
          at += after;
          const naive = seen.some(
            (first, i) =>
              first.steps.includes(0) &&
              seen.some((second, j) => j > i && second.steps.includes(1)) &&
              seen.length + 1 - i - 1 <= most &&
              at - first.at <= time,
          );
          expect(sequences.completes('s', rule as unknown as CompiledBehaviour, at)).toBe(naive);
          // Every call is some step: the count of calls begins with the first that is.
          const walked = [{ key: 'k', length: 3, steps }];
          sequences.walk('s', walked, at);
          seen.push({ steps, at });
        }
      },
    ),
  );
});
