/** How many programs run at once: who comes later waits its turn, first come first served, and its own time runs while it waits. */
import type { Deadline } from '../deadline.ts';
import { ProviderError } from '../types.ts';

/** Programs that wait: more are refused at once. */
const MOST_WAITING = 1_000;

export interface Slots {
  /** Answers how to give the place back, which works once. Rejects where the deadline comes first, or too many wait. */
  take(deadline: Deadline): Promise<() => void>;
}

export function createSlots(most: number): Slots {
  const waiting = new Set<() => void>();
  let taken = 0;

  const place = (): (() => void) => {
    let held = true;
    taken += 1;
    return () => {
      if (!held) return;
      held = false;
      taken -= 1;
      for (const next of waiting) {
        waiting.delete(next);
        next();
        return;
      }
    };
  };

  return Object.freeze({
    async take(deadline: Deadline): Promise<() => void> {
      if (taken < most) return place();
      if (waiting.size >= MOST_WAITING)
        throw new ProviderError('provider_error', 'too many programs wait to be run');
      const turn = Promise.withResolvers<() => void>();
      const next = (): void => turn.resolve(place());
      waiting.add(next);
      try {
        return await deadline.race(turn.promise);
      } catch {
        // The turn may have come in the same moment: then it is the next one's.
        if (!waiting.delete(next)) void turn.promise.then((give) => give());
        const why = deadline.ended() ?? 'timeout';
        throw new ProviderError(why, 'no program ended in time for this one to start', 'none');
      }
    },
  });
}
