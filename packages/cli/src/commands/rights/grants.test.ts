/** Asking for a grant and using it from a terminal: what stands on stdout, what is refused, and whose key has to sign. Real processes, a real sidecar. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Place, place } from '../../testing/run.ts';
import { type Serving, serve } from '../../testing/serving.ts';

const POLICY = `version: 1
rules:
  - {name: read, effect: permit, when: {action: fs.read}}
`;

let here: Place;
let serving: Serving;
beforeAll(async () => {
  here = place();
  writeFileSync(join(here.dir, 'policy.yaml'), POLICY);
  writeFileSync(join(here.dir, 'a.txt'), 'one\ntwo\n');
  for (const name of ['key', 'other']) {
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
    writeFileSync(join(here.dir, `${name}.pem`), pem);
  }
  serving = await serve(here, ['--policy', join(here.dir, 'policy.yaml')]);
});
afterAll(async () => {
  await serving.stop();
  here.clear();
});

const file = (name: string) => join(here.dir, name);
const args = ['--args', '{"resource": "a.txt"}'];

async function granted(...more: string[]): Promise<string> {
  const { code, out, err } = await here.run(['grants', 'ask', 'fs.read', ...more]);
  expect([code, err]).toEqual([0, expect.stringContaining('token')]);
  expect(out).toMatch(/^pg1\.[A-Za-z0-9_-]+\n$/);
  writeFileSync(file('token'), out);
  return `@${file('token')}`;
}

test('a grant is asked for, used, delegated, and used up', async () => {
  const token = await granted('--constraints', '{"uses": 3}', '--justification', 'a test');
  const used = await here.run(['invoke', token, ...args]);
  expect([used.code, used.out]).toEqual([0, 'one\ntwo\n']);
  const told = await here.run(['invoke', token, ...args, '--response-mode', 'handle_only']);
  const handle = /portcullis expand (hdl_\S+)/.exec(told.err)?.[1] ?? '';
  expect([told.code, told.out, handle]).toEqual([0, '', expect.stringMatching(/^hdl_/)]);
  expect((await here.run(['expand', handle, '--limit', '1'])).out).toContain('one');
  const child = await here.run(['grants', 'ask', '--delegate-to', 'helper', '--token', token]);
  expect([child.code, child.out]).toEqual([0, expect.stringMatching(/^pg1\./)]);
  const streamed = await here.run(['invoke', token, ...args, '--stream']);
  expect([streamed.code, streamed.out]).toEqual([0, expect.stringContaining('two')]);
  const over = await here.run(['invoke', token, ...args]);
  expect([over.code, over.err]).toEqual([1, expect.stringContaining('token_exhausted')]);
});

test('a token that names a key is worth nothing without it', async () => {
  const token = await granted('--proof-key', file('key.pem'));
  const bare = await here.run(['invoke', token, ...args]);
  expect([bare.code, bare.err]).toEqual([1, expect.stringContaining('proof_required')]);
  const other = await here.run(['invoke', token, ...args, '--proof-key', file('other.pem')]);
  expect([other.code, other.err]).toEqual([1, expect.stringContaining('proof_invalid')]);
  const mine = await here.run(['invoke', token, ...args, '--proof-key', file('key.pem')]);
  expect([mine.code, mine.out]).toEqual([0, 'one\ntwo\n']);
});

test('what cannot be meant is said before anything is asked', async () => {
  for (const [wrong, why] of [
    [['grants', 'ask'], 'name a capability'],
    [['grants', 'ask', 'fs.read', '--delegate-to', 'x'], 'belong together'],
    [['grants', 'ask', 'fs.read', '--constraints', '[]'], 'not a JSON object'],
    [['grants', 'ask', 'fs.read', '--proof-key', file('policy.yaml')], 'holds no Ed25519 key'],
    [['invoke', `@${file('none')}`], 'ENOENT'],
    [['invoke', 'x', '--response-mode', 'all'], 'Allowed choices'],
  ] as const) {
    const { code, err } = await here.run([...wrong]);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
  }
  const unknown = await here.run(['grants', 'ask', 'no.such']);
  expect([unknown.code, unknown.out]).toEqual([1, '']);
});
