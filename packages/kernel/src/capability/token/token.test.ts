import { randomBytes } from 'node:crypto';
import type { Json } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jcs } from '../../action/json/jcs.ts';
import { generateSigningKey } from '../../crypto/index.ts';
import { readCaveats } from './caveats.ts';
import { extend } from './chain.ts';
import { compileCaveats } from './covers.ts';
import { newEphemeralKey } from './ephemeral-key.ts';
import { decodeToken, encodeToken, MAX_BLOCKS, MAX_TOKEN, type RawToken } from './format.ts';
import { grantKeys } from './keys.ts';
import { attenuate, issueToken, sealToken, verifyToken } from './token.ts';
import type { Algorithm, Caveats, VerifiedToken } from './types.ts';

const ALGORITHMS: readonly Algorithm[] = ['ed25519', 'hmac'];
const signing = generateSigningKey();
const secret = randomBytes(32);
const rings = {
  ed25519: grantKeys('ed25519', signing, secret),
  hmac: grantKeys('hmac', signing, secret),
};

const CLAIMS = {
  tenant: 'default',
  grant: 'gr_1',
  principal: 'agent-1',
  capability: 'refunds.issue',
  definition: 'ab'.repeat(32),
  issuer: 'portcullis',
  issued: 1_000,
  expires: 301_000,
  uses: 10,
};

function issue(algorithm: Algorithm, caveats: Caveats = {}): string {
  const read = readCaveats(caveats);
  if (!read.ok) throw new Error(read.message);
  const { current } = rings[algorithm];
  const made = issueToken({ ...CLAIMS, key: current.name }, read, current.key);
  if (made === undefined) throw new Error('too long');
  return made.token;
}

const verify = (token: unknown, algorithm: Algorithm = 'ed25519') =>
  verifyToken(token, rings[algorithm].find);

function good(token: unknown): VerifiedToken {
  const verified = verify(token);
  if ('fault' in verified) throw new Error(verified.fault);
  return verified;
}

function narrowed(token: string, caveats: Caveats, seal = false): string {
  const made = attenuate(token, caveats, { seal });
  if ('fault' in made) throw new Error(made.fault);
  return made.token;
}

const raw = (token: string): RawToken => {
  const read = decodeToken(token);
  if ('fault' in read) throw new Error(read.fault);
  return read;
};
const text = (token: RawToken): string => encodeToken(token) as string;

describe.each(ALGORITHMS)('%s', (algorithm) => {
  test('what was issued verifies, and says what was signed', () => {
    const token = issue(algorithm, { params: { '/amount': { max: 10 } } });
    const verified = good(token);
    expect(verified.claims).toEqual({
      ...CLAIMS,
      key: rings[algorithm].current.name,
      caveats: { params: { '/amount': { max: 10 } } },
    });
    expect(verified.blocks).toHaveLength(1);
    expect(text(raw(token))).toBe(token);
  });

  test('blocks are added by who holds the token alone, and the seal ends it', () => {
    const token = issue(algorithm);
    const once = narrowed(token, { uses: 3 });
    const twice = narrowed(once, { resources: ['/a/**'] }, true);
    expect(good(twice).caveats).toEqual([{}, { uses: 3 }, { resources: ['/a/**'] }]);
    expect(good(twice).blocks.slice(0, 2)).toEqual(good(once).blocks);
    expect(good(twice).sealed).toBe(true);
    expect(attenuate(twice, {})).toEqual({ fault: 'sealed' });
    expect(sealToken(twice)).toEqual({ fault: 'sealed' });
    expect(good(sealToken(token)).sealed).toBe(true);
    const made = attenuate(token, { uses: 1 });
    if ('fault' in made) throw new Error(made.fault);
    expect(good(made.token).blocks[1]).toBe(made.block);
  });

  test('a changed bit anywhere is no token', () => {
    const token = narrowed(issue(algorithm, { uses: 5 }), { uses: 2 });
    const bytes = Buffer.from(token.slice(4), 'base64url');
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const forged = Buffer.from(bytes);
        forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(verify(`pg1.${forged.toString('base64url')}`)).toHaveProperty('fault');
      }),
      { numRuns: 300 },
    );
  });

  test('cut off anywhere, or longer, is no token', () => {
    const token = narrowed(issue(algorithm), { uses: 2 });
    const bytes = Buffer.from(token.slice(4), 'base64url');
    for (let length = 0; length < bytes.length; length += 7)
      expect(verify(`pg1.${bytes.subarray(0, length).toString('base64url')}`)).toHaveProperty(
        'fault',
      );
    for (const more of ['A', '=', ' ', '\n', '.x', '\0'])
      expect(verify(token + more)).toHaveProperty('fault');
    expect(verify(token.toUpperCase())).toHaveProperty('fault');
  });

  test('dropped, doubled, swapped and moved blocks are no chain', () => {
    const base = issue(algorithm);
    const chain = raw(narrowed(narrowed(base, { uses: 3 }), { uses: 2 }));
    const other = raw(narrowed(narrowed(issue(algorithm, { uses: 9 }), { uses: 8 }), { uses: 7 }));
    const [a, b, c] = chain.blocks as [never, never, never];
    const [x, y] = other.blocks as [never, never];
    for (const blocks of [
      [a],
      [a, b],
      [a, c],
      [b, c],
      [a, c, b],
      [a, b, b, c],
      [a, y, c],
      [x, b, c],
    ])
      expect(verify(text({ ...chain, blocks }))).toHaveProperty('fault');
    // Nor with the proof of another, and nor does a seal stand in for a secret.
    expect(verify(text({ ...chain, proof: other.proof }))).toHaveProperty('fault');
    const sealed = raw(sealToken(text(chain)) as string);
    expect(
      verify(text({ ...chain, blocks: [a, b], sealed: true, proof: sealed.proof })),
    ).toHaveProperty('fault');
  });

  test('signed by another key, or by the key of a block, is no token', () => {
    const token = raw(issue(algorithm));
    const stranger = grantKeys(algorithm, generateSigningKey(), randomBytes(32));
    expect(verifyToken(text(token), stranger.find)).toEqual({
      fault: 'signed with a key that is not known',
    });
    expect(verifyToken(text(token), () => stranger.current.key)).toHaveProperty('fault');
    const { current } = rings[algorithm];
    const forged = issueToken(
      { ...CLAIMS, uses: 1_000, key: current.name },
      readCaveats({}) as never,
      stranger.current.key,
    );
    expect(verify(forged?.token)).toEqual({ fault: 'a signature does not hold' });
    // A second first block, added as if it were one of caveats.
    const claims = token.blocks[0]?.payload as Buffer;
    expect(verify(text(extend(token, claims, newEphemeralKey) as RawToken))).toHaveProperty(
      'fault',
    );
  });

  test('an algorithm that is named for another key is no token', () => {
    const token = raw(issue(algorithm));
    const other = ALGORITHMS.find((one) => one !== algorithm) as Algorithm;
    expect(verifyToken(text(token), () => rings[other].current.key)).toHaveProperty('fault');
    const bytes = Buffer.from(text(token).slice(4), 'base64url');
    bytes[1] = 3 - (bytes[1] as number);
    expect(verify(`pg1.${bytes.toString('base64url')}`)).toHaveProperty('fault');
  });

  test('payloads that say more, less, or say it in another way are refused though they are signed', () => {
    const token = raw(issue(algorithm));
    const sign = (payload: string | Buffer) =>
      verify(text(extend(token, Buffer.from(payload), newEphemeralKey) as RawToken));
    expect(sign('{"caveats":{}}')).not.toHaveProperty('fault');
    for (const payload of [
      '',
      '{}',
      'null',
      '[]',
      ' {"caveats":{}}',
      '{"caveats":{},"caveats":{}}',
      '{"caveats":{},"uses":1}',
      '{"caveats":{"uses":0}}',
      '{"caveats":{"uses":1.0}}',
      '{"caveats":{"uses":1e1}}',
      '{"caveats":{"Uses":1}}',
      '{"caveats":{"__proto__":{}}}',
      '{"caveats":{"uses":2,"session":"s"}}',
      '{"caveats":{"params":{"amount":{}}}}',
      '{"caveats":{"params":{"/a":{"like":1}}}}',
      '{"caveats":{"params":{"/a":{"prefix":"/a/../b"}}}}',
      '{"caveats":{"resources":["*"]}}',
      '{"caveats":{"proof_key":"AAAA"}}',
      '{"caveats":{"expires":-1}}',
      Buffer.from([0xff, 0xfe]),
      Buffer.from('\ufeff{"caveats":{}}'),
    ])
      expect(sign(payload), String(payload)).toHaveProperty('fault');
  });

  test('no more blocks and no more characters than a token may have', () => {
    let token = issue(algorithm);
    for (let blocks = 1; blocks < MAX_BLOCKS; blocks++) token = narrowed(token, { uses: blocks });
    expect(good(token).blocks).toHaveLength(MAX_BLOCKS);
    expect(attenuate(token, {})).toEqual({ fault: 'too long' });
    let long = issue(algorithm);
    const keys = Array.from({ length: 60 }, (_, at) => `${'k'.repeat(50)}${at}`);
    long = narrowed(long, { keys });
    expect(attenuate(long, { keys })).toHaveProperty('fault');
    expect(long.length).toBeLessThanOrEqual(MAX_TOKEN);
  });
});

test('what is signed is the canonical text of its claims, whatever was issued before', () => {
  const name = fc.constantFrom(
    'a',
    'b',
    '"',
    '\\',
    '\n',
    '\u2028',
    'é',
    '\ud83d\ude00',
    '__proto__',
  );
  const said = fc.record(
    {
      tenant: name,
      grant: name,
      principal: name,
      capability: name,
      definition: name,
      issuer: name,
      key: name,
      issued: fc.nat(),
      expires: fc.nat(),
      uses: fc.nat(),
      on_behalf_of: name,
      parent: name,
    },
    { requiredKeys: [...(Object.keys(CLAIMS) as (keyof typeof CLAIMS)[]), 'key'] },
  ) as fc.Arbitrary<Parameters<typeof issueToken>[0]>;
  const caveats = readCaveats({ keys: ['a'] });
  if (!caveats.ok) throw new Error(caveats.message);
  fc.assert(
    fc.property(fc.array(said, { maxLength: 10 }), (all) => {
      for (const claims of all) {
        const made = issueToken(claims, caveats, rings.hmac.current.key);
        const [block] = (decodeToken(made?.token) as RawToken).blocks;
        expect(block?.payload.toString()).toBe(
          jcs({ ...claims, caveats: caveats.caveats } as unknown as Json),
        );
      }
    }),
  );
});

test('any text and any value is answered, never thrown at', () => {
  const anything = fc.oneof(
    fc.anything(),
    fc.string({ unit: 'binary' }),
    fc
      .uint8Array({ maxLength: 400 })
      .map((bytes) => `pg1.${Buffer.from(bytes).toString('base64url')}`),
    fc.uint8Array({ maxLength: 400 }).map((bytes) => {
      const framed = Buffer.concat([Buffer.from([1, 1, 1]), bytes]);
      return `pg1.${framed.toString('base64url')}`;
    }),
  );
  fc.assert(
    fc.property(anything, (given) => {
      expect(verify(given)).toHaveProperty('fault');
    }),
    {
      numRuns: 500,
    },
  );
  expect(verify('x'.repeat(10_000_000))).toHaveProperty('fault');
});

// ---- what the child permits, the parent permits

const PATHS = [
  '/',
  '/a',
  '/a/b',
  '/ab',
  '/a/../b',
  '/a//b',
  'a/b',
  'https://h.example/a/b',
  'https://h.example.evil/a',
  '',
];
const value = fc.oneof(
  fc.integer({ min: -3, max: 12 }),
  fc.constantFrom<unknown>(...PATHS, true, null, 1.5, [], [1, 11], ['/a/b', '/c'], { deep: 1 }),
);
const param = fc.record(
  {
    eq: value,
    in: fc.array(value, { maxLength: 3 }),
    min: fc.integer({ min: -3, max: 12 }),
    max: fc.integer({ min: -3, max: 12 }),
    prefix: fc.constantFrom('/', '/a', 'a', 'https://h.example/a'),
  },
  { requiredKeys: [] },
);
const caveats = fc.record(
  {
    keys: fc.subarray(['amount', 'path', 'deep']),
    params: fc.dictionary(fc.constantFrom('/amount', '/path', '/deep/x'), param, { maxKeys: 2 }),
    resources: fc.subarray(['/a/**', '/a/b', '**', 'https://*.example/**'], { minLength: 1 }),
    uses: fc.integer({ min: 1, max: 4 }),
    expires: fc.integer({ min: 0, max: 10 }),
    session: fc.constantFrom('s1', 's2'),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Caveats>;
const use = fc.record({
  action: fc.record({
    resource: fc.record({ kind: fc.constant('other'), value: fc.constantFrom(...PATHS) }),
    params: fc.dictionary(fc.constantFrom('amount', 'path', 'deep'), value, { maxKeys: 3 }),
  }),
  session: fc.constantFrom('s1', 's2', undefined),
  now: fc.integer({ min: 0, max: 11 }),
});

const permits = ({ caveats: blocks }: VerifiedToken, asked: never): boolean =>
  blocks.every((block) => compileCaveats(block)(asked) === undefined);

test.each(ALGORITHMS)('%s: attenuation never widens', (algorithm) => {
  fc.assert(
    fc.property(
      caveats,
      fc.array(caveats, { minLength: 1, maxLength: 3 }),
      fc.array(use, { minLength: 1, maxLength: 30 }),
      (first, added, uses) => {
        let parent = issue(algorithm, first);
        for (const more of added) {
          const child = narrowed(parent, more);
          const [wide, narrow] = [good(parent), good(child)];
          for (const asked of uses)
            if (permits(narrow, asked as never)) expect(permits(wide, asked as never)).toBe(true);
          parent = child;
        }
      },
    ),
    { numRuns: 120 },
  );
});

test('a caveat on what is not there, or of another type, does not hold', () => {
  const holds = (params: Record<string, unknown>, caveat: Caveats['params']) =>
    compileCaveats({ params: caveat as never })({
      action: { name: 'x', resource: { kind: 'other', value: '' }, params: params as never },
      session: undefined,
      now: 0,
    }) === undefined;
  expect(holds({}, { '/a': {} })).toBe(false);
  expect(holds({ a: 1 }, { '/a': { eq: true } })).toBe(false);
  expect(holds({ a: true }, { '/a': { eq: 1 } })).toBe(false);
  expect(holds({ a: '5' }, { '/a': { max: 10 } })).toBe(false);
  expect(holds({ a: [5, 11] }, { '/a': { max: 10 } })).toBe(false);
  expect(holds({ a: [5, 9] }, { '/a': { max: 10 } })).toBe(true);
  expect(holds({ a: [1, 2] }, { '/a': { eq: [1, 2] } })).toBe(true);
  expect(holds({ a: { y: 1, x: 2 } }, { '/a': { eq: { x: 2, y: 1 } } })).toBe(true);
  expect(holds({ a: null }, { '/a': { in: [null, 1] } })).toBe(true);
});

test.each([
  ['/a', '/a', true],
  ['/a', '/a/', true],
  ['/a', '/a/b/c', true],
  ['/', '/a', true],
  ['a', 'a/b', true],
  ['/a', '/ab', false],
  ['/a', '/a/../b', false],
  ['/a', '/a/./b', false],
  ['/a', '/a//b', false],
  ['/a', '/a/%2e%2e/b', false],
  ['/a', '/a/..%2fb', false],
  ['/a', '/a\\..\\b', false],
  ['/a', 'a/b', false],
  ['a', '/a/b', false],
  ['/a', '/a/\u202eb', false],
  ['/a', '/a/\u0000', false],
  ['/a', '', false],
  ['/é', '/e\u0301/x', false],
  ['https://h.example/a', 'https://h.example/a/b', true],
  ['https://h.example/a', 'https://h.example/a/b?q=1', true],
  ['https://h.example/a', 'https://h.example/ab', false],
  ['https://h.example/a', 'https://h.example.evil.io/a', false],
  ['https://h.example/a', 'https://h.example@evil.io/a', false],
  ['https://h.example/a', 'https://h.example/a/../b', false],
  ['https://h.example/a', 'https://h.example/a/%2e%2e/b', false],
  ['https://h.example/a', 'https://h.example:443/a', false],
  ['https://h.example/a', 'HTTPS://h.example/a', false],
  ['https://h.example/a', 'http://h.example/a', false],
  ['https://h.example/a', '/a', false],
])('prefix %j, %j: %s', (prefix, given, expected) => {
  const holds = compileCaveats({ params: { '/p': { prefix } } })({
    action: { name: 'x', resource: { kind: 'other', value: '' }, params: { p: given } },
    session: undefined,
    now: 0,
  });
  expect(holds === undefined).toBe(expected);
});
