/**
 * A canonical resource taken apart for patterns: segments, and for a URL its host by labels. Read once for an action and kept
 * until another comes, since every rule of the action asks for it.
 */

export interface ResourceText {
  readonly text: string;
  readonly segments: readonly string[];
  /** A segment is `.` or `..`: no canonical path has one, so a wildcard of a permit rule does not stand for it. */
  readonly dotted: boolean;
  readonly url: UrlText | undefined;
}

export interface UrlText {
  readonly scheme: string;
  readonly labels: readonly string[];
  /** Empty for the scheme's own. */
  readonly port: string;
  readonly path: readonly string[];
  /** The authority holds what no canonical one does: a user, a backslash, white space. */
  readonly odd: boolean;
}

let last: ResourceText | undefined;

export function readResource(text: string): ResourceText {
  if (last === undefined || last.text !== text) last = new Reading(text);
  return last;
}

class Reading implements ResourceText {
  readonly text: string;
  #segments: readonly string[] | undefined = undefined;
  #dotted: boolean | undefined = undefined;
  #url: UrlText | undefined | null = null;

  constructor(text: string) {
    this.text = text;
  }

  get segments(): readonly string[] {
    this.#segments ??= this.text.split('/');
    return this.#segments;
  }

  get dotted(): boolean {
    this.#dotted ??= this.text.includes('.') && this.segments.some(isDots);
    return this.#dotted;
  }

  get url(): UrlText | undefined {
    if (this.#url === null) this.#url = readUrl(this.text);
    return this.#url;
  }
}

export const isDots = (segment: string): boolean => segment === '.' || segment === '..';

const URL_SHAPE = /^([a-z][a-z0-9+.-]{0,31}):\/\/([^/]*)(\/.*)?$/s;

function readUrl(text: string): UrlText | undefined {
  const match = URL_SHAPE.exec(text);
  if (match === null) return undefined;
  const authority = match[2] as string;
  const bracket = authority.startsWith('[') ? authority.indexOf(']') : -1;
  const colon = authority.indexOf(':', bracket + 1);
  const host = colon < 0 ? authority : authority.slice(0, colon);
  return {
    scheme: match[1] as string,
    labels: bracket > 0 ? [host] : host.split('.'),
    port: colon < 0 ? '' : authority.slice(colon + 1),
    path: (match[3] ?? '/').slice(1).split('/'),
    odd: /[^A-Za-z0-9.\-_:[\]]/.test(authority) || authority === '',
  };
}
