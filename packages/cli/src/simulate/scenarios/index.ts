/** Every named attack. */
import type { Scenario } from '../scenario.ts';
import { scenarios as addresses } from './addresses.ts';
import { scenarios as databases } from './databases.ts';
import { scenarios as files } from './files.ts';
import { scenarios as programs } from './programs.ts';
import { scenarios as sending } from './sending.ts';
import { scenarios as sequences } from './sequences.ts';
import { scenarios as taintedCalls } from './tainted-calls.ts';

export const SCENARIOS: readonly Scenario[] = Object.freeze([
  ...taintedCalls,
  ...programs,
  ...databases,
  ...sending,
  ...addresses,
  ...files,
  ...sequences,
]);
