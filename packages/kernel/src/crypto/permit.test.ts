import type { PermitClaims } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commit, committer } from './commit.ts';
import { generateSigningKey, signEd25519 } from './ed25519.ts';
import { MAX_PERMIT, readPermit, signPermit } from './permit.ts';

const key = generateSigningKey();
const other = generateSigningKey();
const claims: PermitClaims = {
  id: '0123456789abcdef0123456789abcdef',
  tenant: 'default',
  principal: 'bot-1',
  audience: 'portcullis',
  digest: 'ab'.repeat(32),
  policy: 'cd'.repeat(32),
  mode: 'enforce',
  issued: 1_767_225_600_000,
  expires: 1_767_225_630_000,
};
const token = signPermit(claims, key);

/** A token over any payload text, rightly signed. */
function forge(payload: string, domain = 'portcullis/permit/v1\0'): string {
  const bytes = Buffer.from(payload);
  const signature = signEd25519(key, Buffer.concat([Buffer.from(domain), bytes]));
  return `pc1.${bytes.toString('base64url')}.${signature.toString('base64url')}`;
}

describe('signed permits', () => {
  it('read back as they were signed, with any of the keys', () => {
    expect(readPermit(token, [key.publicKey])).toEqual(claims);
    expect(readPermit(token, [other.publicKey, key.publicKey])).toEqual(claims);
    expect(readPermit(token, [other.publicKey])).toBeUndefined();
    expect(readPermit(token, [])).toBeUndefined();
  });

  it('do not survive any other character at any place', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. ';
    fc.assert(
      fc.property(
        fc.nat({ max: token.length - 1 }),
        fc.constantFrom(...alphabet),
        (at, character) => {
          fc.pre(token[at] !== character);
          const changed = token.slice(0, at) + character + token.slice(at + 1);
          expect(readPermit(changed, [key.publicKey])).toBeUndefined();
        },
      ),
      { numRuns: 2_000 },
    );
    // The last character of a signature holds two bits that no byte uses.
    const last = alphabet.indexOf(token.at(-1) as string);
    for (let spare = 1; spare < 16; spare++) {
      const twin = token.slice(0, -1) + alphabet[(last & 48) | ((last + spare) & 15)];
      if (twin !== token) expect(readPermit(twin, [key.publicKey])).toBeUndefined();
    }
  });

  it('are refused cut, extended, padded, spaced, and as anything but a text', () => {
    for (const text of [
      '',
      'pc1',
      'pc1..',
      token.slice(0, -1),
      `${token}A`,
      `${token}=`,
      ` ${token}`,
      `${token}\n`,
      token.replace('pc1', 'pc2'),
      token.replace(/\.[^.]*$/, ''),
      `${token}.${token}`,
      'a'.repeat(1_000_000),
    ]) {
      expect(readPermit(text, [key.publicKey])).toBeUndefined();
    }
    for (const thing of [undefined, null, 7, {}, [token], { toString: () => token }]) {
      expect(readPermit(thing, [key.publicKey])).toBeUndefined();
    }
  });

  it('have one form: members in order, of their types, none more', () => {
    const text = JSON.stringify(claims);
    expect(readPermit(forge(text), [key.publicKey])).toEqual(claims);
    const { id, ...others } = claims;
    const reordered = JSON.stringify({ ...others, id });
    for (const payload of [
      ` ${text}`,
      reordered,
      text.replace('"mode":"enforce"', '"mode":"enforce","mode":"observe"'),
      JSON.stringify({ ...claims, admin: true }),
      JSON.stringify({ ...claims, mode: 'root' }),
      JSON.stringify({ ...claims, issued: '0' }),
      JSON.stringify({ ...claims, expires: 1.5 }),
      JSON.stringify({ ...claims, digest: 'AB'.repeat(32) }),
      JSON.stringify({ ...claims, tenant: ['default'] }),
      text.replace('bot-1', '\\u0062ot-1'),
      '[]',
      'null',
      '"x"',
      '{}',
      '{"__proto__":{}}',
      '{',
    ]) {
      expect(readPermit(forge(payload), [key.publicKey]), payload).toBeUndefined();
    }
  });

  it('cannot be a signature of the same key over something else', () => {
    const text = JSON.stringify(claims);
    expect(readPermit(forge(text, ''), [key.publicKey])).toBeUndefined();
    expect(readPermit(forge(text, 'portcullis/record/v1\0'), [key.publicKey])).toBeUndefined();
  });

  it('are bounded in size', () => {
    expect(() => signPermit({ ...claims, audience: 'a'.repeat(MAX_PERMIT) }, key)).toThrow(
      /too long/,
    );
  });
});

describe('commitments', () => {
  const salt = Buffer.alloc(32, 7);

  it('are SHA-256 over domain, salt and digest', () => {
    expect(commit(salt, '00'.repeat(32))).toBe(
      '33e3136b590987fe38de99195afd4f93b25ada7763b05146153068e9eafb755a',
    );
  });

  it('differ by salt and by digest', () => {
    const one = commit(salt, 'ab'.repeat(32));
    expect(commit(salt, 'ab'.repeat(32))).toBe(one);
    expect(commit(Buffer.alloc(32, 8), 'ab'.repeat(32))).not.toBe(one);
    expect(commit(salt, 'ac'.repeat(32))).not.toBe(one);
  });

  it.each(['', 'ab', 'zz'.repeat(32), 'ab'.repeat(33), `${'ab'.repeat(31)}zz`])(
    'refuse %s as a digest',
    (digest) => {
      expect(() => commit(salt, digest)).toThrow();
    },
  );

  it('refuse a salt of another length', () => {
    expect(() => commit(Buffer.alloc(31), 'ab'.repeat(32))).toThrow();
  });

  it('from memory are those that are made, whatever was committed to before, and what is no digest is none', () => {
    const digit = fc.constantFrom(...'0af');
    // Many of them fall on one place.
    const digest = fc
      .tuple(digit, digit, digit)
      .map(([first, middle, last]) => first + middle.repeat(62) + last);
    const bad = fc.constantFrom(
      '',
      'a',
      'g'.repeat(64),
      'a'.repeat(63),
      'a'.repeat(65),
      '\u0130'.repeat(64),
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(digest, bad), { maxLength: 40 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (digests, salt) => {
          const made = committer(salt);
          const said = (how: () => string): string => {
            try {
              return how();
            } catch {
              return 'refused';
            }
          };
          for (const one of [...digests, ...digests])
            expect(said(() => made(one))).toBe(said(() => commit(salt, one)));
        },
      ),
    );
  });
});
