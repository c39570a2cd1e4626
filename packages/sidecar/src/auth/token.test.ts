import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bearerToken, mintToken, parseToken, tokenHash, tokenMatches } from './token.ts';

describe('tokens', () => {
  test('have 64 bits of id and 256 of secret, and never twice the same', () => {
    const { id, text } = mintToken();
    expect(text).toMatch(/^pcl_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(text.slice(21), 'base64url')).toHaveLength(32);
    expect(parseToken(text)).toEqual({ id, text });
    expect(new Set(Array.from({ length: 1000 }, () => mintToken().text)).size).toBe(1000);
  });

  test('a header is one scheme, one space, one token, and nothing else', () => {
    const { text, id } = mintToken();
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(bearerToken(`${scheme} ${text}`)?.id).toBe(id);
    }
    const wrong = [
      undefined,
      '',
      text,
      `Bearer${text}`,
      `Bearer  ${text}`,
      ` Bearer ${text}`,
      `Bearer ${text} `,
      `Bearer ${text},`,
      `Basic ${text}`,
      `Bearer ${text}x`,
      `Bearer ${text.slice(0, -1)}`,
      `Bearer ${text.toUpperCase()}`,
      `Bearer\t${text}`,
      `Bearer ${text}, Bearer ${text}`,
      `Bearer ${text.replace('pcl_', 'pcI_')}`,
      `Bearer ${text.slice(0, -1)}\n`,
      `Bearer ${text.slice(0, -1)}é`,
      `Bearer ${text.slice(0, -1)}=`,
    ];
    for (const header of wrong) expect(bearerToken(header), header).toBeUndefined();
  });

  test('only the whole token matches its hash', () => {
    const { text } = mintToken();
    const kept = Buffer.from(tokenHash(text), 'latin1');
    expect(tokenMatches(text, kept)).toBe(true);
    expect(tokenMatches(text, undefined)).toBe(false);
    expect(tokenMatches(mintToken().text, kept)).toBe(false);
    expect(kept.toString('latin1')).not.toContain(text.slice(21));
  });

  test('nothing that can be sent makes the reader throw or take it for a token', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(bearerToken(`Bearer ${text}`)).toBeUndefined();
      }),
    );
  });
});
