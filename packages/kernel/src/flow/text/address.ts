/** Addresses on the web as far as flow goes: the host, and what follows it. */
export interface Address {
  /** Lower case, without `www.` and port. */
  readonly host: string;
  /** Path, query and fragment. */
  readonly rest: string;
}

const ADDRESS =
  /^(?:[a-z][a-z0-9+.-]{0,15}:\/\/)?(?:[^/?#@\s]{0,256}@)?([^/?#:\s]{1,253})(?::\d{1,5})?([/?#].*)?$/is;

/** undefined where the text is no address. */
export function addressOf(text: string): Address | undefined {
  const match = ADDRESS.exec(text.trim());
  const host = match?.[1]?.toLowerCase().replace(/^www\./, '');
  if (host === undefined || !host.includes('.')) return undefined;
  return { host, rest: match?.[2] ?? '' };
}
