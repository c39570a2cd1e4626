/** Conditions on what surrounds an action: the session, the time, the environment. What nobody said is unknown. */
import type { Environment } from '../../gate/guard.ts';
import type { SessionState } from '../../session/state.ts';
import { parseDuration } from '../../time/duration.ts';
import type { When } from '../document/schema.ts';
import { many } from '../document/terms.ts';
import { minuteOfDay, parseBetween, within, zoneClock } from '../value/clock.ts';
import { inBlocks, parseBlock } from '../value/network.ts';
import { truth, UNKNOWN } from '../value/truth.ts';
import { type Condition, condition } from './condition.ts';
import { sure } from './sure.ts';

const ofSession = (
  key: string,
  holds: (session: SessionState, now: number) => boolean,
): Condition =>
  condition(['when', 'session', key], ({ session, now }) =>
    session === undefined ? UNKNOWN : truth(holds(session, now)),
  );

export function sessionConditions(session: NonNullable<When['session']>): Condition[] {
  const { age_max, age_over, actions_max, actions_over, quarantined } = session;
  const found: Condition[] = [];
  if (age_max !== undefined) {
    const most = sure(parseDuration(age_max));
    found.push(ofSession('age_max', (s, now) => now - s.opened <= most));
  }
  if (age_over !== undefined) {
    const most = sure(parseDuration(age_over));
    found.push(ofSession('age_over', (s, now) => now - s.opened > most));
  }
  // This action is not among those counted yet.
  if (actions_max !== undefined) {
    found.push(ofSession('actions_max', (s) => s.actions + 1 <= actions_max));
  }
  if (actions_over !== undefined) {
    found.push(ofSession('actions_over', (s) => s.actions + 1 > actions_over));
  }
  if (quarantined !== undefined) {
    found.push(ofSession('quarantined', (s) => (s.quarantine !== 'none') === quarantined));
  }
  return found;
}

export function timeCondition(time: NonNullable<When['time']>): Condition {
  const between = sure(parseBetween(time.between));
  const clock = sure(zoneClock(time.zone ?? 'UTC'));
  return condition(['when', 'time'], (ev) => truth(within(minuteOfDay(clock, ev.now), between)), {
    between: time.between,
    ...(time.zone === undefined ? {} : { zone: time.zone }),
  });
}

export function envConditions(env: NonNullable<When['env']>): Condition[] {
  const found: Condition[] = [];
  if (env.ip !== undefined) {
    const blocks = many(env.ip).map((text) => sure(parseBlock(text)));
    found.push(
      condition(['when', 'env', 'ip'], ({ environment }) => {
        const inside = environment.ip === undefined ? undefined : inBlocks(environment.ip, blocks);
        return inside === undefined ? UNKNOWN : truth(inside);
      }),
    );
  }
  for (const key of ['country', 'region', 'city', 'device', 'user_agent'] as const) {
    const wanted = env[key];
    if (wanted !== undefined) found.push(oneOf(key, new Set(many(wanted))));
  }
  return found;
}

function oneOf(key: keyof Environment, wanted: ReadonlySet<string>): Condition {
  return condition(['when', 'env', key], ({ environment }) => {
    const given = environment[key];
    return typeof given === 'string' ? truth(wanted.has(given)) : UNKNOWN;
  });
}
