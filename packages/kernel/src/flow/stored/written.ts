/** What an action leaves behind: where, and with which labels. Texts are traced one by one; of what is not known, the session's labels. */
import type { Label } from '@portcullis/wire';
import type { Action } from '../../action/types.ts';
import { redactText } from '../../frame/index.ts';
import { summary } from '../../session/labels.ts';
import type { SessionState } from '../../session/state.ts';
import type { ProvenanceIndex } from '../provenance/provenance.ts';
import { trace } from '../provenance/trace.ts';
import { integrityOf } from '../standing.ts';
import { spellings } from '../text/decode.ts';
import { join, type Labels, NONE } from './join.ts';
import { contentOf, fileKey, movedTo, namedBy, nameTexts, type StoredObject } from './object.ts';
import type { Seal } from './seal.ts';
import type { Stores } from './stored-labels.ts';
import type { Write } from './tree.ts';

/** What the session knows. */
export interface Writer {
  readonly session: SessionState | undefined;
  readonly index: ProvenanceIndex | undefined;
  readonly tainted: boolean;
}

/** Texts that are traced; with more, everything bears the session's labels. */
const MOST_TEXTS = 256;
/** Characters of one that are traced. */
const LONGEST = 1024 * 1024;
const RANK = { public: 0, private: 1, secret: 2 } as const;

/** Undefined where it leaves nothing behind. */
export function storesOf(
  object: StoredObject,
  action: Action,
  writer: Writer,
  seal: Seal,
): Stores | undefined {
  const writes = writesOf(object, action, writer, seal);
  if (writes.length === 0) return undefined;
  const names = labelsOf(nameTexts(object, action), writer, 'private').filter(
    ({ integrity }) => integrity === 'untrusted',
  );
  return names.length === 0 ? { writes } : { writes, names };
}

/**
 * What a program may leave behind where it may write: anything that it was given, that the session has seen, or that lies in files.
 * Undefined where none of it is worth remembering.
 */
export function storesOfProgram(
  roots: readonly string[],
  action: Action,
  writer: Writer,
  files: Labels,
  seal: Seal,
): Stores | undefined {
  const given = labelsOf(contentOf(PROGRAM, action), writer, 'private');
  const labels = join(join(given, above(unknown(writer), 'private')), files);
  if (labels.length === 0) return undefined;
  return { writes: roots.map((root) => ({ does: 'mark', at: seal(fileKey(root)), labels })) };
}

const PROGRAM: Pick<StoredObject, 'content'> = { content: undefined };

function writesOf(object: StoredObject, action: Action, writer: Writer, seal: Seal): Write[] {
  const { does } = object;
  const named = namedBy(object, action);
  if (does.has('move')) return movesOf(object, action, seal);
  if (does.has('delete'))
    return named.flatMap(({ key, whole }) => (whole ? [{ does: 'delete', at: seal(key) }] : []));
  // Files are private whoever wrote them: that alone is nothing to remember.
  const labels = labelsOf(
    contentOf(object, action),
    writer,
    object.in === 'fs' ? 'private' : 'public',
  );
  const how = does.has('write') ? 'write' : object.in === 'http' ? 'mark' : 'append';
  return named.map(({ key, whole }) => ({ does: whole ? how : 'mark', at: seal(key), labels }));
}

function movesOf(object: StoredObject, action: Action, seal: Seal): Write[] {
  const to = movedTo(object, action);
  const [from, more] = namedBy(object, action);
  if (to === undefined || from === undefined || more !== undefined || !from.whole) {
    // Nobody knows what went where: from now on it may be anywhere.
    const worst = [{ ...summary([]), integrity: 'untrusted', confidentiality: 'secret' } as const];
    return namedBy(object, action).map(({ key }) => ({
      does: 'mark',
      at: seal(key.slice(0, 1)),
      labels: worst,
    }));
  }
  return [{ does: 'move', at: seal(from.key), to: seal(to) }];
}

function labelsOf(
  texts: Iterable<string>,
  writer: Writer,
  floor: Label['confidentiality'],
): Labels {
  let found = NONE;
  let count = 0;
  for (const text of texts) {
    if (++count > MOST_TEXTS) return join(found, above(unknown(writer), floor));
    found = join(found, above(labelsOfText(text, writer), floor));
  }
  return found;
}

const above = (labels: Labels, floor: Label['confidentiality']): Labels =>
  labels.filter(
    ({ integrity, confidentiality }) =>
      integrity === 'untrusted' || RANK[confidentiality] > RANK[floor],
  );

/** It may be anything that the session has seen. */
const unknown = ({ session, tainted }: Writer): Labels => {
  const seen = session?.labels ?? NONE;
  if (!tainted || seen.some(({ integrity }) => integrity === 'untrusted')) return seen;
  return [...seen, { ...summary(seen), integrity: 'untrusted' }];
};

function labelsOfText(text: string, writer: Writer): Labels {
  const { index, tainted, session } = writer;
  if (index === undefined || text.length > LONGEST) return unknown(writer);
  const { standing, source } = trace(index, text, false);
  if (standing === 'user') return NONE;
  const confidentiality = privacyOf(text, index, session);
  const integrity = integrityOf(standing, tainted);
  if (integrity === 'trusted' && confidentiality === 'public') return NONE;
  const from = standing === 'untraced' ? undefined : index.source(source);
  // Words of the user's put together by somebody else: by whom is not known.
  if (from !== undefined && from.action !== 'user' && integrity === 'untrusted')
    return [{ source: from.action, origin: originText(from), integrity, confidentiality }];
  return sourcesOf(writer, integrity).map((label) => ({ ...label, integrity, confidentiality }));
}

/** How private a text is by what it says, in any spelling; what the index does not know is as private as the session's labels. */
export function privacyOf(
  text: string,
  index: ProvenanceIndex,
  session: SessionState | undefined,
): Label['confidentiality'] {
  let worst: Label['confidentiality'] = 'public';
  for (const one of [text, ...(text.length >= 8 ? spellings(text) : [])]) {
    const carried = index.carries(one);
    if (carried.secret > 0) return 'secret';
    if (carried.private > 0) worst = 'private';
    if (index.overflowed && carried.unknown > 0) {
      const bears = summary(session?.labels ?? NONE).confidentiality;
      if (RANK[bears] > RANK[worst]) worst = bears;
    }
  }
  return worst;
}

/** What the session saw of that kind; the newest of many. */
function sourcesOf({ session }: Writer, integrity: Label['integrity']): readonly Label[] {
  const same = (session?.labels ?? NONE).filter((label) => label.integrity === integrity).slice(-4);
  return same.length > 0 ? same : [summary(NONE)];
}

/** For people, and for a record: no secret that stands in an address. */
const originText = ({ origin, via }: { origin: string; via?: string }): string =>
  redactText(via === undefined ? origin : `${origin} <- ${via}`, 256).text;
