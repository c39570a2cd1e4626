/** Looks until it holds. The end of its patience is for what hangs: vitest's own second is too short on a machine that is busy. */
import { vi } from 'vitest';

export const eventually = <T>(look: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(look, { timeout: 60_000 });
