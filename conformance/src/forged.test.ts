/**
 * A running sidecar and somebody with a good token who wants a better one: changed, signed again with a key of his own, under another algorithm, cut
 * off, put together, spelt otherwise, from another sidecar. Each is refused as no token, and nothing runs. The bytes are made from docs/grants.md alone.
 */
import {
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import type { JsonObject, Kernel } from '@portcullis/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWire, type WireTarget } from './wire.ts';

const POLICY = { version: 1, rules: [{ name: 'a', effect: 'permit', when: { action: 'test.*' } }] };

interface Block {
  payload: JsonObject;
  readonly next: Buffer;
  readonly signature: Buffer;
}
interface Parts {
  algorithm: number;
  blocks: Block[];
  kind: number;
  proof: Buffer;
}

function partsOf(token: string): Parts {
  const bytes = Buffer.from(token.slice('pg1.'.length), 'base64url');
  const blocks: Block[] = [];
  let at = 3;
  for (let i = 0; i < (bytes[2] as number); i++) {
    const length = bytes.readUInt16BE(at);
    const payload = JSON.parse(bytes.toString('utf8', at + 2, at + 2 + length)) as JsonObject;
    at += 2 + length;
    const [next, signature] = [bytes.subarray(at, at + 32), bytes.subarray(at + 32, at + 96)];
    blocks.push({ payload, next, signature });
    at += 96;
  }
  const kind = bytes[at] as number;
  return { algorithm: bytes[1] as number, blocks, kind, proof: bytes.subarray(at + 1) };
}

const text = (payload: JsonObject): string =>
  JSON.stringify(payload, (_, value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
function framed(payload: JsonObject): Buffer {
  const bytes = Buffer.from(text(payload));
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
const tokenOf = ({ algorithm, blocks, kind, proof }: Parts): string =>
  `pg1.${Buffer.concat([
    Buffer.from([1, algorithm, blocks.length]),
    ...blocks.map(({ payload, next, signature }) =>
      Buffer.concat([framed(payload), next, signature]),
    ),
    Buffer.from([kind]),
    proof,
  ]).toString('base64url')}`;

const rawPublic = (key: KeyObject): Buffer =>
  Buffer.from((key.export({ format: 'jwk' }) as { x: string }).x, 'base64url');
const rawPrivate = (key: KeyObject): Buffer =>
  Buffer.from((key.export({ format: 'jwk' }) as { d: string }).d, 'base64url');
const signed = (key: KeyObject, index: number, payload: JsonObject, next: Buffer, before: Buffer) =>
  sign(
    null,
    Buffer.concat([
      Buffer.from('portcullis/grant/v1\0'),
      Buffer.from([index]),
      framed(payload),
      next,
      before,
    ]),
    key,
  );

/** A whole chain, right in everything but whose key began it. */
function made(payload: JsonObject, root: KeyObject): string {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const next = rawPublic(publicKey);
  const signature = signed(root, 0, payload, next, Buffer.alloc(0));
  return tokenOf({
    algorithm: 1,
    blocks: [{ payload, next, signature }],
    kind: 0,
    proof: rawPrivate(privateKey),
  });
}

let target: WireTarget;
let kernel: Kernel;
let token: string;
let narrow: string;
let issued: Parts;
beforeAll(async () => {
  target = await openWire({ policy: POLICY, durable: true }, 'tcp');
  kernel = await target.kernel('agent');
  token = (
    await kernel.grant({ capability: 'test.count', constraints: { uses: 2, resources: ['a'] } })
  ).token as string;
  narrow = (await kernel.attenuate({ token, caveats: { resources: ['b'] } })).token;
  issued = partsOf(token);
});
afterAll(() => target.close());

const asks = async (given: string): Promise<string> =>
  (await kernel.invoke({ token: given, args: { resource: 'a' } })).decision.code;
const changed = (more: JsonObject): string => {
  const [first, ...rest] = issued.blocks;
  const { payload, ...others } = first as Block;
  return tokenOf({ ...issued, blocks: [{ ...others, payload: { ...payload, ...more } }, ...rest] });
};

it('what is taken apart here and put together again is the token', async () => {
  expect(tokenOf(issued)).toBe(token);
  expect(await asks(narrow)).toBe('token_scope');
});

describe('no token', () => {
  it.each<[string, JsonObject]>([
    ['for somebody else', { principal: 'eve' }],
    ['for another capability', { capability: 'test.destroy' }],
    ['of another tenant', { tenant: 'other' }],
    ['with more uses', { uses: 1_000_000 }],
    ['for longer', { expires: 4_000_000_000_000 }],
    ['without caveats', { caveats: {} }],
    ['delegated by the root', { parent: 'grt_AAAAAAAAAAAAAAAAAAAAAA' }],
  ])('%s: changed, and signed again with a key of his own', async (_, more) => {
    expect(await asks(changed(more))).toBe('token_invalid');
    const { privateKey } = generateKeyPairSync('ed25519');
    const payload = { ...(issued.blocks[0] as Block).payload, ...more };
    expect(await asks(made(payload, privateKey))).toBe('token_invalid');
  });

  it('signed with the key of a block, for the root', async () => {
    const seed = Buffer.concat([
      Buffer.from('302e020100300506032b657004220420', 'hex'),
      issued.proof,
    ]);
    const own = createPrivateKey({ key: seed, format: 'der', type: 'pkcs8' });
    const payload = { ...(issued.blocks[0] as Block).payload, uses: 1_000 };
    expect(await asks(made(payload, own))).toBe('token_invalid');
  });

  it('under the other algorithm, with a secret that everybody knows', async () => {
    const payload = (issued.blocks[0] as Block).payload;
    for (const secret of ['', (issued.blocks[0] as Block).next, issued.proof, Buffer.alloc(32)]) {
      const head = Buffer.concat([
        Buffer.from('portcullis/grant/v1\0'),
        Buffer.from([0]),
        framed(payload),
      ]);
      const tag = createHmac('sha256', secret).update(head).digest();
      const bytes = Buffer.concat([Buffer.from([1, 2, 1]), framed(payload), Buffer.from([0]), tag]);
      expect(await asks(`pg1.${bytes.toString('base64url')}`)).toBe('token_invalid');
    }
    expect(await asks(tokenOf({ ...issued, algorithm: 2 }))).toBe('token_invalid');
    expect(await asks(tokenOf({ ...issued, algorithm: 0 }))).toBe('token_invalid');
  });

  it('the narrower one without the block that narrows it', async () => {
    const parts = partsOf(narrow);
    for (const proof of [parts.proof, Buffer.alloc(32)])
      expect(await asks(tokenOf({ ...parts, blocks: parts.blocks.slice(0, 1), proof }))).toBe(
        'token_invalid',
      );
    const [first, second] = parts.blocks as [Block, Block];
    for (const blocks of [[second], [second, first], [first, first], [first, second, second]])
      expect(await asks(tokenOf({ ...parts, blocks }))).toBe('token_invalid');
    const wider = { ...second, payload: { caveats: {} } };
    expect(await asks(tokenOf({ ...parts, blocks: [first, wider] }))).toBe('token_invalid');
  });

  it('sealed without a signature, and opened again', async () => {
    expect(await asks(tokenOf({ ...issued, kind: 1 }))).toBe('token_invalid');
    const { token: sealed } = await kernel.attenuate({ token, caveats: {}, seal: true });
    expect(await asks(tokenOf({ ...partsOf(sealed), kind: 0 }))).toBe('token_invalid');
    const cut = { ...partsOf(sealed), kind: 0, proof: partsOf(sealed).proof.subarray(0, 32) };
    expect(await asks(tokenOf(cut))).toBe('token_invalid');
  });

  it('cut off anywhere, and gone on with', async () => {
    const step = Math.ceil(token.length / 40);
    for (let length = 1; length < token.length; length += step)
      expect(await asks(token.slice(0, length))).toBe('token_invalid');
    for (const more of ['A', '=', '.', token.slice(4), `.${token}`])
      expect(await asks(token + more)).toBe('token_invalid');
  });

  it('the same bytes, otherwise spelt', async () => {
    const body = token.slice(4);
    for (const given of [
      `PG1.${body}`,
      `pg2.${body}`,
      body,
      ` ${token}`,
      `${token}\n`,
      `${token}\0`,
      token.replace('pg1', '\uff50\uff47\uff11'),
      `pg1.${Buffer.from(body, 'base64url').toString('base64')}`,
      `pg1.${Buffer.from(body, 'base64url').toString('hex')}`,
      `pg1.${body.slice(0, 40)}\n${body.slice(40)}`,
      `Bearer ${token}`,
    ])
      expect(['token_invalid', 'malformed_request']).toContain(await asks(given));
  });

  it('of another sidecar, though all names in it are the same', async () => {
    const other = await openWire({ policy: POLICY, durable: true }, 'tcp');
    try {
      const { token: theirs = '' } = await (await other.kernel('agent')).grant({
        capability: 'test.count',
      });
      expect(await asks(theirs)).toBe('token_invalid');
    } finally {
      await other.close();
    }
  });
});

it('after all that nothing has run, no use is gone, every refusal is in the journal, and the real one works', async () => {
  expect(target.world.ran['test.count']).toBeUndefined();
  expect((await kernel.grants()).grants).toMatchObject([{ used: 0, uses: 2 }]);
  const admin = await target.kernel('admin');
  const { records } = await admin.journal({ kind: 'decision', effect: 'deny', limit: 1_000 });
  expect(records.filter(({ code }) => code === 'token_invalid').length).toBeGreaterThan(70);
  expect(await asks(token)).toBe('permitted');
  expect(await asks(token)).toBe('permitted');
  expect(await asks(token)).toBe('token_exhausted');
  expect(await admin.verify()).toMatchObject({ ok: true });
});
