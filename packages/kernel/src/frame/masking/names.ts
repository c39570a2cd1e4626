/** Names of members, variables and headers whose value is a secret whatever its form. */

/** `password` and its kin: a value of any length counts. The rest name keys and tokens, whose values are long. */
const PASSWORDS = 'password|passwd|passphrase|pwd|secret';
const KEYS =
  'secret[_-]?access[_-]?key|(?:api|access|private|secret|account|encryption|signing|shared[_-]?access)[_-]?key|shared[_-]?access[_-]?signature|client[_-]?secret|(?:access|refresh|id|auth|session|bearer|api|csrf|security)[_-]?token|token';

const QUOTE = `(?:\\\\{0,15}["'])?`;
const SPACE = '[ \\t]{0,8}';

/** The name, what may close its quotes, and the sign that assigns. What follows is the value. */
const ASSIGNMENT = new RegExp(
  `(?:(${KEYS})|(${PASSWORDS}))${QUOTE}(${SPACE})(?:=>|:=|[:=])(${SPACE})`,
  'gi',
);
/** The same seen from its sign, which is rare: looked for by that and from there backward, most texts are read many times as fast. */
const SIGN = `[:=](?<=(?:${KEYS}|${PASSWORDS})${QUOTE}${SPACE}[:=])`;
const ANY_SIGN = new RegExp(SIGN, 'i');
const NEXT_SIGN = new RegExp(SIGN, 'gi');
/** Characters before the sign. */
const LONGEST_ASSIGNMENT = 64;

/** Whether a text has an assignment of a secret. */
export const assignsSecret = (text: string): boolean => ANY_SIGN.test(text);

/** The first one from here on. */
export function assignmentFrom(text: string, from: number): RegExpExecArray | null {
  NEXT_SIGN.lastIndex = from;
  const sign = NEXT_SIGN.exec(text);
  if (sign === null) return null;
  ASSIGNMENT.lastIndex = Math.max(from, sign.index - LONGEST_ASSIGNMENT);
  return ASSIGNMENT.exec(text);
}

const WHOLE = new RegExp(
  `(?:${PASSWORDS}|${KEYS}|credentials?|connection[_-]?string|secret[_-]?(?:string|binary))s?$|^(?:(?:proxy-)?authorization|(?:set-)?cookie|cookies|x-api-key|x-auth-token|pin|cvv|otp|mnemonic|seed[_-]?phrase)$`,
  'i',
);
/** Names that end like a secret's and are none. */
const NOT_SECRET =
  /(?:next|page|continuation|cursor|sync|start|end)[_-]?token$|(?:public|primary|foreign|sort|partition|idempotency)[_-]?key$/i;

const LONGEST_NAME = 128;

/** Whether a member of this name holds a secret: `db_password`, `apiKey`, `Authorization`. */
export const isSecretName = (name: string): boolean =>
  name.length <= LONGEST_NAME && endsInLetter(name) && WHOLE.test(name) && !NOT_SECRET.test(name);

/** As every such name does, and most values do not that stand where a name would. */
const endsInLetter = (name: string): boolean => {
  const last = name.charCodeAt(name.length - 1) | 32;
  // U+017F and U+212A are letters of those names too, without regard to case.
  return (last >= 97 && last <= 122) || last > 127;
};
