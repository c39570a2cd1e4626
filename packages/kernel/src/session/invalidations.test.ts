import type { JournalRecord } from '@portcullis/wire';
import { beforeEach, describe, expect, it } from 'vitest';
import { PendingActions } from '../state/pending.ts';
import { toldTo } from './invalidation.ts';
import { Invalidations } from './invalidations.ts';
import { SessionRegistry } from './registry.ts';

let pending: PendingActions;
let sessions: SessionRegistry;
let invalidations: Invalidations;
beforeEach(() => {
  pending = new PendingActions();
  sessions = new SessionRegistry();
  invalidations = new Invalidations(sessions, pending);
});

const out = (id: string, more: object = {}) =>
  pending.add({
    id,
    tenant: 'default',
    session: 's',
    principal: 'bot',
    action: 'a',
    execution: 'host',
    at: 0,
    redeemed: false,
    ...more,
  });
const record = (members: object): JournalRecord =>
  ({
    v: 1,
    seq: 7,
    ts: '2026-01-01T00:00:00Z',
    kind: 'state',
    tenant: 'default',
    prev: '',
    hash: '',
    ...members,
  }) as JournalRecord;

describe('a permit that is out', () => {
  it('is void where whose roles it was for is not known', () => {
    out('unknown');
    out('bearer', { roles: ['ops'] });
    out('other', { roles: ['sales'] });
    out('elsewhere', { tenant: 'acme' });
    invalidations.apply(record({ event: 'invalidated', target: 'role', id: 'ops', reason: 'r' }));
    const voided = [...pending.all()].filter((one) => one.voided === true);
    expect(voided.map(({ id }) => id)).toEqual(['unknown', 'bearer']);
  });
  it('is void where it was on behalf of who is over', () => {
    out('mine', { principal: 'x', onBehalfOf: 'bob' });
    out('other', { principal: 'x' });
    invalidations.apply(
      record({ event: 'invalidated', target: 'principal', id: 'bob', reason: 'r' }),
    );
    expect(pending.get('mine')?.voided).toBe(true);
    expect(pending.get('other')?.voided).toBeUndefined();
  });
});

it('comes back whole from what was saved', () => {
  sessions.open({ id: 's', tenant: 'default', principal: 'bot', onBehalfOf: undefined, opened: 0 });
  for (const [target, id] of [
    ['session', 's'],
    ['principal', 'bot'],
    ['role', 'ops'],
  ])
    invalidations.apply(record({ event: 'invalidated', target, id, reason: 'r' }));
  const before = [...invalidations.all('default')];
  expect(before.map(({ target }) => target)).toEqual(['role', 'principal', 'session']);
  const again = new Invalidations(sessions, pending);
  again.load(JSON.parse(JSON.stringify(invalidations.save())));
  expect([...again.all('default')]).toEqual(before);
  expect(again.none).toBe(false);
  again.load([]);
  expect(again.none).toBe(true);
});

it('does what a decision record says, and tells a rule’s own reason to auditors alone', () => {
  sessions.open({ id: 's', tenant: 'default', principal: 'bot', onBehalfOf: undefined, opened: 0 });
  const invalidates = [{ target: 'session', id: 's', guard: 'policy' }];
  invalidations.apply(
    record({ kind: 'decision', rule_reason: 'canary 7 was touched', invalidates }),
  );
  const ended = sessions.findAny('s', 'default')?.invalidated;
  expect(ended).toMatchObject({ reason: 'canary 7 was touched', guard: 'policy', record: 7 });
  if (ended === undefined) throw new Error('nothing was ended');
  expect(toldTo(ended, true).reason).toBe('canary 7 was touched');
  expect(toldTo(ended, false).reason).toBe('a rule ends it');
});
