/** Everything that flow knows of one action: what it is a sink for, and where each of its arguments could have come from. */
import type { Json, Label } from '@portcullis/wire';
import type { Action } from '../action/types.ts';
import type { Role, Sink } from './label-files/label-file.ts';
import type { ActionLabels } from './label-files/label-set.ts';
import { at, RESOURCE } from './leaves.ts';
import type { Intent } from './provenance/intent.ts';
import type { OneTimeCodes } from './provenance/one-time-codes.ts';
import type { ProvenanceIndex } from './provenance/provenance.ts';
import { type Traced, trace } from './provenance/trace.ts';
import { type Standing, worse } from './standing.ts';

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

/** What the session knows, and what it bears where it does not know. */
export interface Knowledge {
  readonly index: ProvenanceIndex | undefined;
  readonly codes: OneTimeCodes | undefined;
  readonly tainted: boolean;
  /** The most private that it has seen, for values of which nothing is known. */
  readonly bears: () => Label['confidentiality'];
  /** Relative paths begin here. */
  readonly startDir: string;
  /** What the caller says of all arguments together. */
  readonly said?: Label | undefined;
}

export function factsOf(
  action: Action,
  labels: ActionLabels | undefined,
  knowledge: Knowledge,
): Facts {
  const { index, tainted } = knowledge;
  if (labels === undefined) return unlabelled(tainted, knowledge.said);
  const args: ArgumentFact[] = [];
  let carriesPrivate = knowledge.said?.confidentiality === 'private';
  let carriesSecret = knowledge.said?.confidentiality === 'secret';
  let links: Standing = 'none';
  for (const { steps, role } of labels.args) {
    const address = labels.url !== undefined && sameSteps(labels.url, steps);
    for (const [pointer, value] of valuesOf(action, steps)) {
      if (args.length >= MOST_ARGUMENTS)
        return {
          ...unlabelled(true, knowledge.said),
          sinks: labels.sinks,
          labelled: true,
          arguments: [...args, { pointer, role, standing: 'untrusted', source: 0, value: '' }],
        };
      const { standing, source } =
        steps === RESOURCE
          ? standingOfResource(knowledge, labels, role, action, address)
          : standingOf(knowledge, labels, role, value, address);
      args.push({ pointer, role, standing, source, value });
      if (standing === 'user') continue;
      if (index === undefined) {
        const bears = knowledge.bears();
        if (bears === 'secret') carriesSecret = true;
        if (bears === 'private') carriesPrivate = true;
        continue;
      }
      if (role === 'payload') links = worse(links, linksIn(index, value));
      const carried = index.carries(value);
      const unknown = index.overflowed && carried.unknown > 0 ? knowledge.bears() : 'public';
      if (carried.secret > 0 || unknown === 'secret') carriesSecret = true;
      // One word in common is chance; a good part of what is said is not.
      const priv = carried.private + (unknown === 'private' ? carried.unknown : 0);
      if (priv >= 3 && priv * 3 >= carried.said) carriesPrivate = true;
    }
  }
  return {
    labelled: true,
    sinks: labels.sinks,
    tainted,
    intent: index?.userIntent.intent(labels.intent) ?? 'absent',
    arguments: args,
    private: carriesPrivate,
    secret: carriesSecret,
    links,
  };
}

const unlabelled = (tainted: boolean, said: Label | undefined): Facts => ({
  labelled: false,
  sinks: [],
  tainted,
  intent: 'absent',
  arguments: [],
  private: said?.confidentiality === 'private',
  secret: said?.confidentiality === 'secret',
  links: 'none',
});

/** Each value that an argument path leads to, with its place. */
function valuesOf(action: Action, steps: readonly string[]): Iterable<[string, string]> {
  if (steps !== RESOURCE) return at(action.params as Json, steps);
  return action.resource.value === '' ? [] : [['resource', action.resource.value]];
}

/** A file has the name that somebody gave it, from the start directory on or in full: the better of both. */
function standingOfResource(
  knowledge: Knowledge,
  labels: ActionLabels,
  role: Role,
  { resource: { kind, value } }: Action,
  address: boolean,
): Traced {
  const full = standingOf(knowledge, labels, role, value, address);
  const start = `${knowledge.startDir}/`;
  if (kind !== 'fs' || full.standing === 'user' || !value.startsWith(start)) return full;
  const short = standingOf(knowledge, labels, role, value.slice(start.length), address);
  return worse(full.standing, short.standing) === short.standing ? full : short;
}

function standingOf(
  knowledge: Knowledge,
  labels: ActionLabels,
  role: Role,
  value: string,
  address: boolean,
): Traced {
  const traced = tracedOf(knowledge, labels, role, value, address);
  return traced.standing === 'untraced' && knowledge.said?.integrity === 'untrusted'
    ? { ...traced, standing: 'untrusted' }
    : traced;
}

function tracedOf(
  { index, codes, tainted }: Knowledge,
  labels: ActionLabels,
  role: Role,
  value: string,
  address: boolean,
): Traced {
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
