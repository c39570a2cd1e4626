/** Reading caveats: whatever somebody hands in becomes a frozen copy that says only what is known here, or is refused with the place. */
import { canonicalize } from '../../action/canonical.ts';
import { parsePointer } from '../../action/json/pointer.ts';
import { isJsonObject } from '../../action/plain.ts';
import { type Refusal, refuse, shown } from '../../action/refusal.ts';
import { isPrintableAscii } from '../../action/text.ts';
import { wrongResourcePattern } from '../../policy/glob/resource.ts';
import type { Caveats } from './types.ts';
import { wrongPrefix } from './within.ts';

export interface CaveatsRead {
  readonly ok: true;
  readonly caveats: Caveats;
  /** RFC 8785. */
  readonly text: string;
}

const MOST = 64;
const MOST_USES = 1_000_000_000;
const LIMITS = Object.freeze({ bytes: 6_000, depth: 8, keys: 512, string: 4_096, key: 1_024 });
/** 32 bytes as base64url: 43 characters, of which the last has two bits to spare. */
const PROOF_KEY = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

type Check = (value: unknown) => string | undefined;

const listOf =
  (what: string, wrong: Check): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length > MOST) return `a list of at most ${MOST} ${what}`;
    for (const element of value) {
      const message = wrong(element);
      if (message !== undefined) return message;
    }
    return undefined;
  };

const whole =
  (most: number, least: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `a whole number of ${least} to ${most}`;

const finite: Check = (value) => (typeof value === 'number' ? undefined : 'a number');

const PARAM: Readonly<Record<string, Check>> = Object.freeze({
  eq: () => undefined,
  in: listOf('values', () => undefined),
  min: finite,
  max: finite,
  prefix: (value) => (typeof value === 'string' ? wrongPrefix(value) : 'a path or URL'),
});

const CHECKS: Readonly<Record<keyof Caveats, Check>> = Object.freeze({
  expires: whole(Number.MAX_SAFE_INTEGER, 0),
  keys: listOf('names', (name) => (typeof name === 'string' ? undefined : 'names are texts')),
  params: (value) => {
    if (!isJsonObject(value)) return 'an object of JSON Pointers';
    if (Object.keys(value).length > MOST) return `at most ${MOST} parameters`;
    for (const [pointer, tests] of Object.entries(value)) {
      if (parsePointer(pointer) === undefined)
        return `parameters are named by JSON Pointers: write /${pointer.slice(0, 64)}`;
      if (!isJsonObject(tests)) return `${pointer}: an object of eq, in, min, max, prefix`;
      const wrong = closed(tests, PARAM);
      if (wrong !== undefined) return `${pointer}: ${wrong}`;
    }
    return undefined;
  },
  proof_key: (value) =>
    typeof value === 'string' && PROOF_KEY.test(value)
      ? undefined
      : 'an Ed25519 public key, 32 bytes as base64url',
  resources: listOf('patterns', (pattern) =>
    typeof pattern === 'string' ? wrongResourcePattern(pattern) : 'patterns are texts',
  ),
  session: (value) =>
    typeof value === 'string' && value.length > 0 && value.length <= 128 && isPrintableAscii(value)
      ? undefined
      : 'the id of a session',
  uses: whole(MOST_USES, 1),
});

/** The first thing wrong with the members: an unknown name is one. */
function closed(given: object, checks: Readonly<Record<string, Check>>): string | undefined {
  for (const [name, value] of Object.entries(given)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined)
      return `there is no ${shown(name)}; there are ${Object.keys(checks).join(', ')}`;
    const wrong = check(value);
    if (wrong !== undefined) return `${name}: ${wrong}`;
  }
  return undefined;
}

export function readCaveats(input: unknown): CaveatsRead | Refusal {
  const read = canonicalize(input, LIMITS);
  if (!read.ok) return read;
  if (!isJsonObject(read.value)) return refuse('malformed_request', 'caveats are an object');
  const wrong = closed(read.value, CHECKS);
  if (wrong !== undefined) return refuse('malformed_request', wrong);
  return { ok: true, caveats: read.value as Caveats, text: read.text };
}
