/**
 * What all bodies under way may hold together. One body has a cap, but a server that sends almost that much and then keeps still holds it for as
 * long as the exchange lasts: many of those would be more than there is memory.
 */
import { ProviderError } from '../types.ts';

export interface Lease {
  /** Asks for so many bytes more; throws where there is no room for them, and after the end. */
  grow(bytes: number): void;
  /** Gives all of them back. */
  end(): void;
}

export interface Room {
  lease(): Lease;
}

export function createRoom(bytes: number): Room {
  let left = bytes;
  return Object.freeze({
    lease(): Lease {
      let held = 0;
      let over = false;
      return Object.freeze({
        grow(more: number): void {
          if (over || more > left)
            throw new ProviderError(
              'provider_error',
              'too many large responses at once; ask again later',
            );
          left -= more;
          held += more;
        },
        end(): void {
          over = true;
          left += held;
          held = 0;
        },
      });
    },
  });
}
