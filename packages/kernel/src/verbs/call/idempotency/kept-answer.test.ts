import type { Frame, Result } from '@portcullis/wire';
import { expect, test } from 'vitest';
import { answerBytes, readAnswer } from './kept-answer.ts';

const frame: Frame = { data: 'shown', labels: [], notes: [], bytes: 7 };
const told: Result = {
  decision: { id: 'act_1', effect: 'permit', code: 'permitted', reason: 'yes' },
  session: 'ses_1',
  mode: 'enforce',
  outcome: { status: 'ok', duration_ms: 1 },
};

test('an answer comes back whole, with its grant or without one', () => {
  const result = { ...told, frame };
  for (const grant of ['grt_1', undefined])
    for (const by of ['key-1', undefined])
      expect(readAnswer(answerBytes({ result, grant, by }))).toEqual({ result, grant, by });
});

test('one that was kept before grants stood beside says what became of the action, and shows nothing', () => {
  const before = new TextEncoder().encode(JSON.stringify({ ...told, frame }));
  expect(readAnswer(before)).toEqual({ result: told, grant: undefined, by: undefined });
});
