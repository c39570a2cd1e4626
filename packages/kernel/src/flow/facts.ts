/** Everything that flow knows of one action: what it is a sink for, and where each of its arguments could have come from. */
import type { Json } from '@portcullis/wire';
import type { Action } from '../action/types.ts';
import type { Codes } from './codes.ts';
import type { Intent } from './intent.ts';
import type { Role, Sink } from './label-file.ts';
import type { ActionLabels } from './label-set.ts';
import { at } from './leaves.ts';
import type { ProvenanceIndex } from './provenance.ts';
import { type Standing, worse } from './standing.ts';
import { trace } from './trace.ts';

export interface ArgumentFact {
  readonly pointer: string;
  readonly role: Role;
  readonly standing: Standing;
  /** Number of a source of the index; 0 for none. */
  readonly source: number;
  readonly value: string;
}

export interface Facts {
  readonly labelled: boolean;
  readonly sinks: readonly Sink[];
  /** The session has seen what strangers wrote. */
  readonly tainted: boolean;
  readonly intent: Intent;
  readonly arguments: readonly ArgumentFact[];
  /** Arguments carry values that were seen in private data only, or in secrets. */
  readonly private: boolean;
  readonly secret: boolean;
  /** The worst of the addresses that stand in what is sent along: whoever reads it may follow them. */
  readonly links: Standing;
}

/** More arguments than this are not told apart: the action is as untrusted as it gets. */
const MOST_ARGUMENTS = 1_000;

export function factsOf(
  action: Action,
  labels: ActionLabels | undefined,
  index: ProvenanceIndex | undefined,
  codes: Codes | undefined,
  tainted: boolean,
): Facts {
  if (labels === undefined) return unlabelled(tainted);
  const args: ArgumentFact[] = [];
  let carriesPrivate = false;
  let carriesSecret = false;
  let links: Standing = 'none';
  for (const { steps, role } of labels.args) {
    const address = labels.url !== undefined && sameSteps(labels.url, steps);
    for (const [pointer, value] of at(action.params as Json, steps)) {
      if (args.length >= MOST_ARGUMENTS)
        return {
          ...unlabelled(true),
          sinks: labels.sinks,
          labelled: true,
          arguments: [...args, { pointer, role, standing: 'untrusted', source: 0, value: '' }],
        };
      const { standing, source } = standingOf(index, codes, labels, role, value, address, tainted);
      args.push({ pointer, role, standing, source, value });
      if (index === undefined || standing === 'user') continue;
      if (role === 'payload') links = worse(links, linksIn(index, value));
      const carried = index.carries(value);
      if (carried.secret > 0) carriesSecret = true;
      // One word in common is chance; a good part of what is said is not.
      if (carried.private >= 3 && carried.private * 3 >= carried.said) carriesPrivate = true;
    }
  }
  return {
    labelled: true,
    sinks: labels.sinks,
    tainted,
    intent: index?.wishes.intent(labels.intent) ?? 'absent',
    arguments: args,
    private: carriesPrivate,
    secret: carriesSecret,
    links,
  };
}

const unlabelled = (tainted: boolean): Facts => ({
  labelled: false,
  sinks: [],
  tainted,
  intent: 'absent',
  arguments: [],
  private: false,
  secret: false,
  links: 'none',
});

function standingOf(
  index: ProvenanceIndex | undefined,
  codes: Codes | undefined,
  labels: ActionLabels,
  role: Role,
  value: string,
  address: boolean,
  tainted: boolean,
): { standing: Standing; source: number } {
  if (index === undefined) return { standing: tainted ? 'untrusted' : 'untraced', source: 0 };
  const traced = trace(index, value, address);
  if (role !== 'code' || traced.standing === 'user' || labels.redeems === undefined) return traced;
  return codes?.answers(index, value, labels.redeems) === true
    ? { ...traced, standing: 'code' }
    : traced;
}

const sameSteps = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((step, i) => step === b[i]);

const LINK =
  /(?:[a-z][a-z0-9+.-]{1,15}:\/\/|www\.)[^\s"'<>()[\]{}]{1,2048}|(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}\/[^\s"'<>()[\]{}]{0,2048}/gi;
const MOST_LINKS = 100;

function linksIn(index: ProvenanceIndex, text: string): Standing {
  let worst: Standing = 'none';
  let count = 0;
  for (const [link] of text.matchAll(LINK)) {
    if (++count > MOST_LINKS) return 'untrusted';
    worst = worse(worst, trace(index, link.replace(/[.,;:!?]+$/, ''), true).standing);
  }
  return worst;
}
