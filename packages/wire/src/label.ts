/** Provenance of a value. */
export interface Label {
  /** Which provider or tool it came through: `http`, `fs`, `user`. */
  readonly source: string;
  /** Where exactly: a host, a path. */
  readonly origin: string;
  readonly integrity: 'trusted' | 'untrusted';
  readonly confidentiality: 'public' | 'private' | 'secret';
}
