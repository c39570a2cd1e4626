/** Which actions the log shows, from the command line. */

import { parseDuration } from '@portcullis/kernel/time';
import type { JournalQuery } from '@portcullis/wire';
import { readInstant } from '../config/instants.ts';
import { nearest } from '../config/suggest.ts';
import { type Options, textOption, textsOption } from '../context.ts';
import { UsageError } from '../exit.ts';
import { printable } from '../terminal/printable.ts';
import type { ActionLine } from './action-line.ts';

const EFFECTS = ['permit', 'modify', 'require_approval', 'defer', 'deny'] as const;
const OUTCOMES = ['ok', 'error', 'unknown', 'not_executed', 'not_reported', 'pending'] as const;

export interface Filter {
  /** Asked of the journal: holds for decisions and outcomes alike. */
  readonly query: Pick<JournalQuery, 'action' | 'principal' | 'session'>;
  /** A pattern over action names, which the journal is not asked. */
  readonly action?: RegExp;
  /** Of the decision; milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
  readonly statuses: ReadonlySet<string>;
}

export function filterFrom(options: Options, now: number): Filter {
  const known: readonly string[] = [...EFFECTS, ...OUTCOMES];
  const statuses = (textsOption(options, 'status') ?? []).flatMap((one) => one.split(','));
  for (const status of statuses) {
    if (known.includes(status)) continue;
    const meant = nearest(status, known);
    throw new UsageError(
      `--status ${printable(status)} is neither an effect nor an outcome${meant ? `: did you mean ${meant}?` : ''}`,
      [`valid: ${known.join(', ')}`],
    );
  }
  const [action, principal, session] = ['action', 'principal', 'session'].map((name) =>
    textOption(options, name),
  );
  const since = momentOption(options, 'since', now) ?? Number.NEGATIVE_INFINITY;
  const until = momentOption(options, 'until', now) ?? Number.POSITIVE_INFINITY;
  if (since > until) throw new UsageError('--since is after --until');
  const isPattern = action?.includes('*') === true;
  return {
    query: {
      ...(action === undefined || isPattern ? {} : { action }),
      ...(principal === undefined ? {} : { principal }),
      ...(session === undefined ? {} : { session }),
    },
    ...(isPattern ? { action: actionPattern(action) } : {}),
    since,
    until,
    statuses: new Set(statuses),
  };
}

/** As policies write them: `fs.*` is one part below fs, `fs.**` is fs and all below. */
function actionPattern(text: string): RegExp {
  if (!/^[a-z0-9_*-]+(?:\.[a-z0-9_*-]+)*$/.test(text)) {
    throw new UsageError(
      `--action: expected a name, or a pattern such as fs.*, not ${printable(text.slice(0, 100))}`,
    );
  }
  const source = text.replaceAll(/\.?\*\*|\.|\*/g, (part) =>
    part === '.**' ? '(?:\\..+)?' : part === '**' ? '.*' : part === '*' ? '[^.]*' : '\\.',
  );
  return new RegExp(`^${source}$`);
}

export function shows(filter: Filter, line: ActionLine): boolean {
  const at = Date.parse(line.at);
  if (at < filter.since || at > filter.until) return false;
  if (filter.action?.test(line.action) === false) return false;
  return (
    filter.statuses.size === 0 ||
    filter.statuses.has(line.effect) ||
    filter.statuses.has(line.outcome)
  );
}

function momentOption(options: Options, name: string, now: number): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago;
  const at = readInstant(text);
  if (at === undefined) {
    throw new UsageError(
      `--${name}: expected a time such as 2026-01-31T09:00:00Z or 2h, not ${printable(text.slice(0, 100))}`,
    );
  }
  return at;
}
