/** Who may be told what the rules say. */
import type { Right } from '../rights.ts';

export const readsPolicy = (rights: ReadonlySet<Right>): boolean =>
  rights.has('journal') || rights.has('policy');
