import { describe, expect, it } from 'vitest';
import { lifeOf } from './life.ts';
import { SessionRegistry } from './registry.ts';
import type { SessionState } from './state.ts';

const DAY = 86_400_000;
const open = (registry: SessionRegistry, id: string, standing?: string): SessionState =>
  registry.open({
    id,
    tenant: 'default',
    principal: 'bot',
    onBehalfOf: undefined,
    opened: 0,
    standing,
  });

describe('the end of a session', () => {
  it('comes after seven idle days, and at no age by itself', () => {
    const session = open(new SessionRegistry(), 's');
    const life = lifeOf();
    expect(life.ended(session, 7 * DAY)).toBeUndefined();
    expect(life.ended(session, 7 * DAY + 1)).toBe('idle');
    session.used = 100 * DAY;
    expect(life.ended(session, 101 * DAY)).toBeUndefined();
    expect(lifeOf({ age: DAY }).ended(session, 101 * DAY)).toBe('age');
    expect(lifeOf({ idle: false }).ended(session, 1_000 * DAY)).toBeUndefined();
    session.closed = true;
    expect(lifeOf({ age: DAY }).ended(session, 101 * DAY)).toBeUndefined();
  });

  it('never lets a standing session shed what it has seen', () => {
    const life = lifeOf({ idle: DAY, age: DAY });
    const label = {
      source: 's',
      origin: 'o',
      integrity: 'untrusted',
      confidentiality: 'public',
    } as const;
    const held = {
      target: 'session',
      id: 's',
      reason: '',
      guard: '',
      tenant: 'default',
      at: 0,
      record: 1,
    } as const;
    const changes: Partial<SessionState>[] = [
      { labels: [label] },
      { quarantine: 'read_only' },
      { invalidated: held },
      { denied: 1 },
    ];
    for (const change of changes) {
      const session = Object.assign(open(new SessionRegistry(), 's', 'key'), change);
      expect(life.ended(session, 100 * DAY)).toBeUndefined();
    }
    expect(life.ended(open(new SessionRegistry(), 's', 'key'), 100 * DAY)).toBe('idle');
  });

  it('refuses one more than there may be, and names a wrong option', () => {
    const life = lifeOf({ most: 2 });
    life.needRoom(1, 1, 1);
    expect(() => life.needRoom(2, 0, 0)).toThrow('2 open sessions');
    const many = lifeOf({ most: 16 });
    many.needRoom(15, 13, 14);
    expect(() => many.needRoom(14, 14, 14)).toThrow('14 open sessions');
    expect(() => many.needRoom(15, 2, 15)).toThrow('15 open sessions');
    for (const [name, options] of Object.entries({
      idle: { idle: 0 },
      age: { age: -1 },
      closedFor: { closedFor: Number.NaN },
      most: { most: false as never },
    }))
      expect(() => lifeOf(options)).toThrow(`sessions.${name}`);
  });
});

describe('a closed session', () => {
  it('is known for a while, then unknown, and a standing one gives way to a new one', () => {
    const registry = new SessionRegistry();
    open(registry, 'a');
    open(registry, 'b', 'key');
    registry.close('a', 10);
    registry.close('b', 20);
    expect(registry.size).toBe(0);
    const key = { tenant: 'default', principal: 'bot', onBehalfOf: undefined };
    expect(registry.standing(key, 'key')).toBeUndefined();
    registry.forget(10);
    expect(registry.findAny('a', 'default')?.closed).toBe(true);
    registry.forget(11);
    expect(registry.findAny('a', 'default')).toBeUndefined();
    expect(registry.findAny('b', 'default')?.closed).toBe(true);
    registry.forget(100);
    expect([...registry.all()]).toEqual([]);
    registry.forget(100);
  });
});
