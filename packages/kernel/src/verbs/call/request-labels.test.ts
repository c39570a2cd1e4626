/** Labels that a caller says: they take away, never give, and hold for the session from then on, over a restart too. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kernel, Label } from '@portcullis/wire';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { readRequest } from '../../action/index.ts';
import { createKernel } from '../../kernel.ts';
import { RULE_SOURCE } from '../../policy/compile/sight.ts';

const WEB: Label = {
  source: 'web',
  origin: 'news.test',
  integrity: 'untrusted',
  confidentiality: 'public',
};
const SECRET: Label = {
  source: 'vault',
  origin: 'vault',
  integrity: 'trusted',
  confidentiality: 'secret',
};
const LABELS = {
  version: 1,
  set: 'office',
  tools: {
    mail_send: {
      sink: 'egress',
      args: { '/to': 'destination', '/text': 'payload' },
      result: { author: 'platform' },
    },
  },
};
const POLICY = `
rules:
  - {name: no-secrets, effect: deny, priority: 1, when: {flow: {secret: true}}, reason: secret}
  - {name: send, effect: permit, when: {action: mail_send, flow: {destination: [user, untraced]}}}
  - {name: clean, effect: permit, when: {action: run, flow: {tainted: false}}}
  - {name: look, effect: permit, when: {action: look}}
  - {name: held, effect: require_approval, when: {action: held}}
behaviour:
  - {name: mark, sequence: a, steps: {a: {action: look, session_has_seen: untrusted}}, effect: label, label: {integrity: untrusted, confidentiality: private}, reason: r}
`;

const folders: string[] = [];
const kernels: Kernel[] = [];
afterEach(async () => {
  for (const kernel of kernels.splice(0)) await kernel.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function made(dataDir?: string): Promise<Kernel> {
  const kernel = await createKernel({
    builtins: [],
    policy: POLICY,
    labels: { objects: [LABELS as never] },
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  kernels.push(kernel);
  return kernel;
}

const code = async (kernel: Kernel, action: string, params = {}, labels?: readonly Label[]) =>
  (
    await kernel.decide({
      action,
      params,
      execution: 'none',
      ...(labels === undefined ? {} : { labels }),
    })
  ).decision.code;

describe('hostile labels', () => {
  const bad: readonly [string, unknown][] = [
    ['no list', 'web'],
    ['no objects', [null]],
    ['names alone', ['web']],
    ['a class', [new Date()]],
    ['nothing in them', [{}]],
    ['a member too many', [{ ...WEB, confidence: 1 }]],
    ['a prototype', [JSON.parse('{"__proto__":{"source":"web"}}')]],
    ['a missing member', [{ source: 'web', origin: 'a', integrity: 'untrusted' }]],
    ['trust', [{ ...WEB, integrity: 'trusted' }]],
    ['another integrity', [{ ...WEB, integrity: 'verified' }]],
    ['the source of rules', [{ ...WEB, source: RULE_SOURCE }]],
    ['the summary', [{ ...WEB, source: '*' }]],
    ['look-alikes', [{ ...WEB, source: 'wеb' }]],
    ['a long source', [{ ...WEB, source: 'a'.repeat(65) }]],
    ['no origin', [{ ...WEB, origin: '' }]],
    ['a long origin', [{ ...WEB, origin: 'a'.repeat(257) }]],
    ['what does not show', [{ ...WEB, origin: 'a\u202eb' }]],
    ['numbers', [{ ...WEB, origin: 7 }]],
    ['too many', Array.from({ length: 17 }, () => WEB)],
    ['holes', new Array(3)],
  ];
  it.each(bad)('%s', (_, labels) => {
    const read = readRequest({ action: 'a', labels });
    expect(read.ok ? 'read' : read.code).toMatch(/^(malformed_request|unknown_field|too_large)$/);
    expect(read.ok ? '' : read.pointer).toMatch(/^\/labels/);
  });
  it('are an answer, whatever they are', () => {
    fc.assert(
      fc.property(fc.anything(), (labels) => {
        const read = readRequest({ action: 'a', labels });
        expect(read.ok === true || typeof read.code === 'string').toBe(true);
      }),
    );
  });
  it('do not change behind the kernel’s back', () => {
    const label = { ...WEB };
    const labels = [label];
    const read = readRequest({ action: 'a', labels });
    (label as { origin: string }).origin = 'other';
    labels.push(SECRET);
    expect(read.ok && read.request.labels).toEqual([WEB]);
  });
});

it('the session bears them from then on, also where the action is refused', async () => {
  const kernel = await made();
  expect(await code(kernel, 'run')).toBe('permitted');
  expect(await code(kernel, 'nothing', {}, [WEB])).toBe('no_matching_rule');
  expect((await kernel.session()).labels).toEqual([WEB]);
  expect(await code(kernel, 'run')).toBe('no_matching_rule');
});

it('they are what rules see of the very action that says them', async () => {
  const kernel = await made();
  expect(await code(kernel, 'run', {}, [WEB])).toBe('no_matching_rule');
  expect(await code(kernel, 'look', {}, [SECRET])).toBe('denied_by_rule');
  // Where the session has no secret among its data, the next action does not carry any.
  expect(await code(kernel, 'look')).toBe('permitted');
});

it('a value that is found nowhere is theirs; what the user typed is still the user’s', async () => {
  const kernel = await made();
  const { id } = await kernel.session();
  await kernel.addTurn(id, { role: 'user', text: 'Write to ann@office.test.' });
  const to = (address: string, labels?: readonly Label[]) =>
    code(kernel, 'mail_send', { to: address, text: 'hello' }, labels);
  expect(await to('eve@evil.test')).toBe('permitted');
  expect(await to('ann@office.test', [WEB])).toBe('permitted');
  expect(await to('eve@evil.test', [WEB])).toBe('no_matching_rule');
  expect(await to('ann@office.test', [SECRET])).toBe('denied_by_rule');
});

it('an empty list says nothing, and labels are no part of what the action is', async () => {
  const kernel = await made();
  expect(await code(kernel, 'run', {}, [])).toBe('permitted');
  expect((await kernel.session()).labels).toEqual([]);
});

it('they survive a restart, beside those of rules', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'said-'));
  folders.push(folder);
  const first = await made(folder);
  expect(await code(first, 'look', {}, [WEB])).toBe('permitted');
  const { id, labels } = await first.session();
  expect(labels).toContainEqual(WEB);
  await first.close();
  kernels.splice(0);
  const again = await made(folder);
  expect(await again.session(id)).toMatchObject({ labels });
  expect(await code(again, 'run')).toBe('no_matching_rule');
});

it('a held action is taken up with them', async () => {
  const kernel = await made();
  const { decision } = await kernel.decide({ action: 'held', labels: [WEB] });
  expect(decision.code).toBe('approval_required');
  expect((await kernel.approval(decision.id)).labels).toEqual([WEB]);
});

it('however many are said, a session bears a bounded list', async () => {
  const kernel = await made();
  for (let i = 0; i < 200; i++)
    await code(kernel, 'look', {}, [{ ...WEB, source: `s${i}`, origin: `o${i}` }]);
  expect((await kernel.session()).labels.length).toBeLessThanOrEqual(33);
});
