/**
 * How many programs run at once: who comes later waits its turn, and its own time runs while it waits. Turns go round among those who ask, first come
 * first served for each, and nobody takes more than half of the queue: what one fills is not what the others wait for.
 */
import type { Deadline } from '../deadline.ts';
import { FairShares } from '../fair-shares.ts';
import { ProviderError } from '../types.ts';

/** Programs that wait: more are refused at once. */
const MOST_WAITING = 1_000;

export interface Slots {
  /** Answers how to give the place back, which works once. Rejects where the deadline comes first, or too many wait. */
  take(deadline: Deadline, who: string): Promise<() => void>;
}

export function createSlots(most: number): Slots {
  const places = new FairShares(most);
  /** Of each who waits, in the order of their next turns. */
  const waiting = new Map<string, Set<() => void>>();
  let queued = 0;

  const place = (who: string): (() => void) => {
    let held = true;
    places.take(who, 1);
    return () => {
      if (!held) return;
      held = false;
      places.take(who, -1);
      serve();
    };
  };

  const serve = (): void => {
    for (const [who, turns] of waiting) {
      if (!places.fits(who, 1)) continue;
      const [next] = turns;
      if (next === undefined) continue;
      drop(who, next);
      // Behind all others who wait.
      if (turns.size > 0) {
        waiting.delete(who);
        waiting.set(who, turns);
      }
      next();
      return;
    }
  };

  const drop = (who: string, turn: () => void): boolean => {
    const turns = waiting.get(who);
    if (turns?.delete(turn) !== true) return false;
    queued -= 1;
    if (turns.size === 0) waiting.delete(who);
    return true;
  };

  return Object.freeze({
    async take(deadline: Deadline, who: string): Promise<() => void> {
      if (places.fits(who, 1)) return place(who);
      const turns = waiting.get(who) ?? new Set();
      if (queued >= MOST_WAITING || turns.size >= MOST_WAITING / 2)
        throw new ProviderError('provider_error', 'too many programs wait to be run');
      const turn = Promise.withResolvers<() => void>();
      const next = (): void => turn.resolve(place(who));
      waiting.set(who, turns.add(next));
      queued += 1;
      try {
        return await deadline.race(turn.promise);
      } catch {
        // The turn may have come in the same moment: then it is the next one's.
        if (!drop(who, next)) void turn.promise.then((give) => give());
        const why = deadline.ended() ?? 'timeout';
        throw new ProviderError(why, 'no program ended in time for this one to start', 'none');
      }
    },
  });
}
