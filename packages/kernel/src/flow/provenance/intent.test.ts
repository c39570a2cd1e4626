import { describe, expect, it } from 'vitest';
import { stems, UserIntent } from './intent.ts';

const mail = { does: stems(['send', 'email', 'forward']), about: stems([]) };
const pay = {
  does: stems(['pay', 'transfer', 'refund', 'payment']),
  about: stems(['bill', 'payment', 'refund']),
};

function said(turn: string): UserIntent {
  const intent = new UserIntent();
  intent.add(turn);
  return intent;
}

describe('intent', () => {
  it.each([
    ['Please send the notes to Bob', 'plain'],
    ['Read the page, then email it to Bob', 'plain'],
    ['The code is in an email I got', 'absent'],
    ['What does the email say?', 'absent'],
    ['Do what the mail from Bob says', 'delegated'],
    ['Complete the tasks in the file', 'delegated'],
    ['Follow the instructions precisely', 'delegated'],
    ['Summarise the page', 'absent'],
  ])('of mailing: %s', (turn, intent) => {
    expect(said(turn).intent(mail)).toBe(intent);
  });

  it.each([
    ['Pay the bill', 'plain'],
    ['Please request a refund', 'plain'],
    ['Make a payment for me', 'plain'],
    ['How much was the bill?', 'absent'],
    ['Was there a refund?', 'absent'],
  ])('of paying: %s', (turn, intent) => {
    expect(said(turn).intent(pay)).toBe(intent);
  });

  it('is bounded in what it reads', () => {
    const intent = said('word '.repeat(1_000_000));
    expect(intent.intent(mail)).toBe('absent');
  });
});
