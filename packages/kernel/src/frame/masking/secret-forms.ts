/**
 * Secrets that are known by their form wherever they stand: keys of well-known issuers, our own, tokens, private keys, passwords in
 * URLs. Every pattern is linear: it either begins with a literal that its tail cannot hold unmatched, or is bound to begin at a word's edge,
 * so that no text makes it read the same characters more than a bounded number of times.
 */
export interface SecretPattern {
  readonly kind: string;
  /** The pattern is tried where the text has one of these. */
  readonly needles: readonly string[];
  readonly pattern: RegExp;
  /** Which group of the pattern is the secret; left out: all of it. */
  readonly group?: 1;
  /** Forms that only resemble a secret are let through here. */
  readonly accept?: (match: string) => boolean;
}

const token = (kind: string, needles: readonly string[], pattern: RegExp): SecretPattern => ({
  kind,
  needles,
  pattern,
});

/** Random text has all three; identifiers and class names do not. */
const mixed = (text: string): boolean =>
  /\d/.test(text) && /[A-Z]/.test(text) && /[a-z]/.test(text);

/** Random text in hexadecimal or of one case is at least one long run of letters and digits; names are words with dashes between. */
const random = (text: string): boolean =>
  mixed(text) ||
  text.split(/[_-]/).some((run) => run.length >= 20 && /\d/.test(run) && /[A-Za-z]/.test(run));

/** `user:password` in base64, as HTTP sends it (RFC 7617). */
const isBasic = (match: string): boolean =>
  /^[\x20-\x7e]*:[\x20-\x7e]+$/.test(Buffer.from(match, 'base64').toString('latin1'));

export const SECRET_PATTERNS: readonly SecretPattern[] = Object.freeze([
  token('aws_access_key', ['AKIA', 'ASIA'], /(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])/g),
  token(
    'github_token',
    ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    /gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}/g,
  ),
  token(
    'gitlab_token',
    ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glimt-', 'glagent-', 'glsoat-'],
    /gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[\w-]{20,}/g,
  ),
  token(
    'slack_token',
    ['xox', 'xapp-'],
    /xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}/g,
  ),
  token(
    'slack_webhook',
    ['hooks.slack.com'],
    /hooks\.slack\.com\/(?:services|workflows)\/[\w/]{20,}/g,
  ),
  {
    kind: 'api_key',
    needles: ['sk-'],
    pattern: /(?<![A-Za-z0-9])sk-[\w-]{20,}/g,
    accept: random,
  },
  token(
    'stripe_key',
    ['k_live_', 'k_test_', 'whsec_'],
    /[prs]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}/g,
  ),
  token(
    'google_key',
    ['AIza', 'ya29.', 'GOCSPX-'],
    /AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}/g,
  ),
  token('npm_token', ['npm_'], /npm_[A-Za-z0-9]{36}/g),
  token('pypi_token', ['pypi-'], /pypi-[\w-]{32,}/g),
  token('huggingface_token', ['hf_'], /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}/g),
  token('sendgrid_key', ['SG.'], /(?<![A-Za-z0-9])SG\.[\w-]{16,64}\.[\w-]{16,64}/g),
  token('digitalocean_token', ['dop_v1_', 'doo_v1_', 'dor_v1_'], /do[opr]_v1_[a-f0-9]{64}/g),
  token('age_key', ['AGE-SECRET-KEY-'], /AGE-SECRET-KEY-1[A-Z0-9]{20,}/g),
  token('portcullis_key', ['pcl_'], /pcl_[\w-]{16,}/g),
  token('portcullis_permit', ['pc1.'], /(?<![A-Za-z0-9])pc1\.[\w-]{20,}(?:\.[\w-]*)?/g),
  token('jwt', ['eyJ'], /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){0,3}/g),
  {
    kind: 'bearer_token',
    needles: ['earer', 'EARER'],
    pattern: /\bbearer[ \t]{1,4}([\w.~+/-]{12,}={0,2})/gi,
    group: 1,
    accept: (match) => match.length >= 32 || /\d/.test(match),
  },
  {
    kind: 'basic_credentials',
    needles: ['asic ', 'ASIC '],
    pattern: /\bbasic {1,4}([A-Za-z0-9+/_-]{6,}={0,2})/gi,
    group: 1,
    accept: isBasic,
  },
  {
    kind: 'option_secret',
    needles: ['--'],
    pattern:
      /(?<![\w-])--[\w-]{0,32}(?:password|passwd|passphrase|secret|token|api-?key)[ \t]{1,4}([^\s"'`-][^\s"'`]{2,})/gi,
    group: 1,
    accept: (match) => !/^(?:[A-Z_]+|<.*|\$.*|\[.*)$/.test(match),
  },
  {
    kind: 'option_secret',
    needles: ['-u ', '--user'],
    pattern: /(?<![\w-])(?:-u|--user)[ =]{1,4}([^\s:"'`]{1,128}:[^\s"'`]+)/g,
    group: 1,
    accept: (match) => !/^\d+:\d+$/.test(match) && !match.includes(MASK_START),
  },
  {
    kind: 'cookie',
    needles: ['ookie:', 'OOKIE:'],
    pattern: /\bcookie:[ \t]{0,4}([^\r\n]+)/gi,
    group: 1,
    accept: (match) => match.includes('=') && !match.startsWith(MASK_START),
  },
  {
    kind: 'url_password',
    needles: ['://'],
    pattern: /:\/\/[^\s/?#"'<>@:[\]]*:([^\s/?#"'<>]+)@/g,
    group: 1,
    accept: (match) => !match.startsWith(MASK_START),
  },
  {
    kind: 'url_token',
    needles: ['://'],
    pattern: /:\/\/([\w-]{20,})@/g,
    group: 1,
    accept: (match) => /\d/.test(match),
  },
]);

/** Whether a text may hold one of them. Most texts do not, and no pattern is tried on them. */
export const announcesSecret = (text: string): boolean => WORDS.test(text) || LITERALS.test(text);

/** The two needles that have no rare character, with what the patterns want around them. */
const WORDS = /b(?:earer|asic)[ \t]/i;
/** The others, each looked for by its last rare character and from there both ways: many times as fast as from their beginnings. */
const LITERALS = literals();

function literals(): RegExp {
  const found = new Map<string, string[]>();
  for (const needle of new Set(SECRET_PATTERNS.flatMap(({ needles }) => needles))) {
    if (WORDS.test(`b${needle} `)) continue;
    const escaped = needle.replaceAll('.', '\\.');
    const [, before = '', rare = '', after = ''] =
      /^(.*?)(\\?[_\-:./JxAI])([^_\-:./JxAI]*)$/.exec(escaped) ?? [];
    const rest = `${rare}${after === '' ? '' : `(?=${after})`}`;
    found.set(rest, [...(found.get(rest) ?? []), `${before}${rare}`]);
  }
  return new RegExp(
    [...found].map(([rest, begins]) => `${rest}(?<=${begins.join('|')})`).join('|'),
  );
}

/** How a mask begins; no pattern matches one. */
export const MASK_START = '[masked:';

/** One text for each kind: they are many, and compared. */
export function maskOf(kind: string): string {
  let mask = MASKS.get(kind);
  if (mask === undefined) {
    mask = `${MASK_START}${kind}]`;
    MASKS.set(kind, mask);
  }
  return mask;
}
const MASKS = new Map<string, string>();
