/**
 * Texts brought to one form before they are compared: compatibility forms (NFKC of UAX 15), no marks, no invisible characters, one
 * case, and letters of other scripts that look Latin as the Latin ones (a subset of UTS 39's confusables). Linear.
 */
const LOOKALIKES = new Map<string, string>();
for (const [latin, others] of Object.entries({
  a: 'аαɑ',
  b: 'вьβЬ',
  c: 'сϲ',
  d: 'ԁ',
  e: 'еεєҽ',
  f: 'ƒ',
  g: 'ɡ',
  h: 'һнհ',
  i: 'іιıӏ',
  j: 'јϳ',
  k: 'кκ',
  l: 'ⅼӏ',
  m: 'мμ',
  n: 'пηո',
  o: 'оοօσ',
  p: 'рρ',
  q: 'ԛ',
  r: 'гг',
  s: 'ѕ',
  t: 'тτ',
  u: 'υսц',
  v: 'ѵν',
  w: 'ԝшω',
  x: 'хχ',
  y: 'уүγ',
  z: 'ᴢ',
})) {
  for (const other of others) if (!LOOKALIKES.has(other)) LOOKALIKES.set(other, latin);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is meant.
const ASCII = /^[\x00-\x7f]*$/;
const UNSEEN = /[\p{M}\p{Cf}]/gu;
const OTHER = /[\u0100-\uffff]/g;

/** The folded text; ASCII comes back as it is, for case is folded where it is read. */
export function fold(text: string): string {
  if (ASCII.test(text)) return text;
  return text
    .normalize('NFKD')
    .replace(UNSEEN, '')
    .toLowerCase()
    .replace(OTHER, (letter) => LOOKALIKES.get(letter) ?? letter);
}
