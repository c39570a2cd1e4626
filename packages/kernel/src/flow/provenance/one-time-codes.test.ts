import { describe, expect, it } from 'vitest';
import { FREE } from './marks.ts';
import { OneTimeCodes } from './one-time-codes.ts';
import { ProvenanceIndex } from './provenance.ts';

const redeems = new Set(['pay']);

function mail(index: ProvenanceIndex, code: string): void {
  index.begin({ action: 'inbox', origin: '' });
  index.add(`Your code is ${code}`, FREE);
}

describe('one-time codes', () => {
  it('answer the call that caused them, once', () => {
    const index = new ProvenanceIndex();
    const codes = new OneTimeCodes();
    codes.caused('pay', index.clock);
    mail(index, '669802');
    expect(codes.answers(index, '669802', redeems)).toBe(true);
    codes.redeem(index, '669802', redeems);
    expect(codes.answers(index, '669802', redeems)).toBe(false);
  });

  it('do not count without such a call, before it, or for another', () => {
    const index = new ProvenanceIndex();
    const codes = new OneTimeCodes();
    mail(index, '111111');
    expect(codes.answers(index, '111111', redeems)).toBe(false);
    codes.caused('pay', index.clock);
    expect(codes.answers(index, '111111', redeems)).toBe(false);
    mail(index, '222222');
    expect(codes.answers(index, '222222', new Set(['delete_account']))).toBe(false);
    expect(codes.answers(index, '222222', redeems)).toBe(true);
  });

  it('are good for three tries a call', () => {
    const index = new ProvenanceIndex();
    const codes = new OneTimeCodes();
    codes.caused('pay', index.clock);
    for (const code of ['100001', '100002', '100003', '100004']) mail(index, code);
    for (const code of ['100001', '100002', '100003']) {
      expect(codes.answers(index, code, redeems)).toBe(true);
      codes.redeem(index, code, redeems);
    }
    expect(codes.answers(index, '100004', redeems)).toBe(false);
  });
});
