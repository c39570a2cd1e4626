/** Ari Kernel's taint labels, to and from ours. What it calls tainted is untrusted here; how sure somebody was of it does not count. */
import type { Label } from '@portcullis/wire';

export interface TaintLabel {
  readonly source: string;
  readonly origin: string;
  readonly confidence?: number;
  readonly addedAt?: string;
  readonly propagatedFrom?: string;
}

/** Their sources and what a label of ours says of them. A model's own words are no source: what it says is traced. */
const SOURCES: ReadonlyMap<string, Label['confidentiality'] | undefined> = new Map([
  ['web', 'public'],
  ['rag', 'public'],
  ['email', 'public'],
  ['retrieved-doc', 'public'],
  ['user-provided', 'public'],
  ['content-scan', 'public'],
  ['tool-output', 'public'],
  ['model-generated', undefined],
  ['derived-sensitive', 'secret'],
]);
const THEIRS: ReadonlyMap<string, string> = new Map([
  ['http', 'web'],
  ['behaviour', 'derived-sensitive'],
]);
const LONGEST_ORIGIN = 256;

/** Throws a TypeError for a source that there is not. */
export function labelsOf(taints: readonly TaintLabel[] = []): Label[] {
  return taints.flatMap(({ source, origin }) => {
    if (!SOURCES.has(source)) throw new TypeError(`there is no taint source ${String(source)}`);
    const confidentiality = SOURCES.get(source);
    const from = String(origin || source).slice(0, LONGEST_ORIGIN);
    return confidentiality === undefined
      ? []
      : [{ source, origin: from, integrity: 'untrusted' as const, confidentiality }];
  });
}

/** Of what holds something back. */
export const taintsOf = (labels: readonly Label[]): TaintLabel[] =>
  labels
    .filter(
      ({ integrity, confidentiality }) => integrity === 'untrusted' || confidentiality !== 'public',
    )
    .map(({ source, origin }) => ({
      source: SOURCES.has(source) ? source : (THEIRS.get(source) ?? 'tool-output'),
      origin,
      confidence: 1,
    }));
