/** A flood of sessions makes a rule over calls forget nothing of any that is open, and what is closed takes no room. */
import type { JournalRecord } from '@portcullis/wire';
import { expect, it } from 'vitest';
import type { CompiledBehaviour } from '../policy/compile/behaviour.ts';
import { DataFlow } from './data-flow.ts';
import { Sequences } from './sequences.ts';

const FLOOD = 150_000;
const step = () => ({ decided: 'any' as const, matches: () => true });
const rule = {
  key: 'k',
  steps: [step(), step()],
  calls: 1e9,
  time: 1e9,
} as unknown as CompiledBehaviour;
const first = [{ key: 'k', length: 2, steps: [0] }];

it('a session has come as far as it had, however many came after it', () => {
  const sequences = new Sequences();
  sequences.walk('kept', first, 0);
  for (let i = 0; i < FLOOD; i++) sequences.walk(`s${i}`, first, 1);
  expect(sequences.completes('kept', rule, 2)).toBe(true);
});

it('what an arrow carries is known, however many came after it', () => {
  const carried = new DataFlow();
  const feeds = [{ arrow: 'k1', began: { at: 0, call: 1 } }];
  carried.began('a', 'kept', feeds, 'provider');
  carried.settled('a', 'a secret of many words');
  for (let i = 0; i < FLOOD; i++) carried.began(`f${i}`, `s${i}`, feeds, 'none');
  expect(carried.has('kept', 'k1')).toBe(true);
});

it('a session that is closed is let go, then and when the journal is read again', () => {
  const sequences = new Sequences();
  sequences.walk('one', first, 0);
  sequences.walk('two', first, 0);
  sequences.close('one');
  const closed = { kind: 'state', event: 'session.closed', session: 'two' };
  sequences.apply(closed as unknown as JournalRecord);
  expect(sequences.save()).toEqual([]);
});
