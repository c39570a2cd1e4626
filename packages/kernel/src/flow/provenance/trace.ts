/**
 * For one argument: where could its value have come from? Answers with the best standing that holds of the value as a whole, and with
 * the source that says so, for who reads the record.
 */

import type { Standing } from '../standing.ts';
import { addressOf } from '../text/address.ts';
import { FREE, MATCHED, NAMED, NAMED_AUTHOR, PARTY, PLATFORM, TRUSTED } from './marks.ts';
import type { Found, ProvenanceIndex } from './provenance.ts';

export interface Traced {
  readonly standing: Standing;
  /** Number of a source of the index; 0 for none. */
  readonly source: number;
}

/** What may follow the host of a site that the user typed, in characters: more could carry data away. */
const REST_BUDGET = 256;

export function trace(index: ProvenanceIndex, value: string, address: boolean): Traced {
  const traced = traceKnown(index, value, address);
  // What is not found in an index that did not see everything may have stood in what strangers wrote.
  if (traced.standing === 'untraced' && index.overflowed && index.tainted)
    return { standing: 'untrusted', source: 0 };
  return traced;
}

function traceKnown(index: ProvenanceIndex, value: string, address: boolean): Traced {
  const found = index.find(address ? bare(value) : value);
  if (found.empty) return { standing: 'user', source: 0 };
  if (address) return traceAddress(index, value, found);
  const standing = standingOf(index, value, found);
  if (standing !== 'untraced') return { standing, source: found.source };
  return traceDates(index, value) ?? { standing, source: 0 };
}

function standingOf(index: ProvenanceIndex, value: string, { marks, weak }: Found): Standing {
  // A value of one or two characters stands anywhere by chance: the platform's word counts, then the stranger's.
  if (marks & TRUSTED && !(weak && marks & FREE)) return 'user';
  if (marks & MATCHED) return 'matched';
  if (marks & PLATFORM) {
    const spoken = weak ? index.pointedAt(value) : (marks & FREE) !== 0;
    return spoken ? 'contested' : 'platform';
  }
  if (marks & PARTY) return index.people.meant(value) ? 'lookup' : 'party';
  // A text may call anybody by a name: it is believed where it is the only one that does.
  if (marks & NAMED) return index.people.onlyOne(value) ? 'lookup' : 'named';
  return marks & FREE ? 'untrusted' : 'untraced';
}

/** A day that is written otherwise than the argument writes it. */
function traceDates(index: ProvenanceIndex, value: string): Traced | undefined {
  const all = index.findDates(value);
  if (all === undefined || !all.some(({ some }) => some)) return undefined;
  let standing: Standing = 'user';
  for (const { found } of all) {
    if (found & TRUSTED) continue;
    if (found & PLATFORM) standing = standing === 'user' ? 'platform' : standing;
    else if (found & NAMED) standing = 'named';
    else if (found & FREE) return { standing: 'untrusted', source: 0 };
    else return undefined;
  }
  return { standing, source: 0 };
}

const bare = (value: string): string =>
  value
    .trim()
    .replace(/^[a-z][a-z0-9+.-]{0,15}:\/\//i, '')
    .replace(/^www\./i, '');

/** The host decides; what follows it must stand somewhere, or be short and carry nothing. */
function traceAddress(index: ProvenanceIndex, value: string, found: Found): Traced {
  const whole = standingOf(index, value, found);
  if (whole === 'user' || whole === 'platform' || whole === 'matched')
    return { standing: whole, source: found.source };
  const address = addressOf(value);
  if (address === undefined) return { standing: whole, source: found.source };
  const host = index.find(address.host);
  if (host.marks & TRUSTED && carriesNothing(index, address.rest, found))
    return { standing: 'origin', source: found.source };
  if (found.marks & NAMED_AUTHOR) return { standing: 'link', source: found.source };
  return { standing: found.marks & FREE ? 'untrusted' : 'untraced', source: found.source };
}

function carriesNothing(index: ProvenanceIndex, rest: string, whole: Found): boolean {
  if (whole.marks & FREE) return true;
  if (rest.length > REST_BUDGET) return false;
  const carried = index.carries(rest);
  return carried.private === 0 && carried.secret === 0;
}
