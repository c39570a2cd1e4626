/**
 * What all bodies under way may hold together. One body has a cap, but a server that sends almost that much and then keeps still holds it for as
 * long as the exchange lasts: many of those would be more than there is memory.
 */
import { FairShares } from '../fair-shares.ts';
import { ProviderError } from '../types.ts';

export interface Lease {
  /** Asks for so many bytes more; throws where there is no room for them, and after the end. */
  grow(bytes: number): void;
  /** Gives all of them back. */
  end(): void;
}

export interface Room {
  lease(who: string): Lease;
}

export function createRoom(bytes: number): Room {
  const shares = new FairShares(bytes);
  return Object.freeze({
    lease(who: string): Lease {
      let held = 0;
      let over = false;
      return Object.freeze({
        grow(more: number): void {
          if (over || !shares.fits(who, more))
            throw new ProviderError(
              'provider_error',
              'too many large responses at once; ask again later',
            );
          shares.take(who, more);
          held += more;
        },
        end(): void {
          over = true;
          shares.take(who, -held);
          held = 0;
        },
      });
    },
  });
}
