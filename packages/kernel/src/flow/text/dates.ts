/**
 * Dates as people and programs write them, brought to one form: `2024-05-13`, `the 13th to the 17th of May 2024`, `May 13`. Each is
 * given as `YYYY-MM-DD` where a year stands near, and as `MM-DD`. Linear.
 */
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const ISO = /(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)/g;
const NAMED =
  /\b(jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)(?:uary|ruary|ch|il|ust|tember|ober|ember)?\b/gi;
const DAY = /(?<![\d:.,-])(\d{1,2})(?:st|nd|rd|th)?(?![\d:]|\.\d)/gi;
const YEAR = /(?<!\d)((?:19|20)\d\d)(?!\d)/;
const NEAR = 32;
/** Names of months looked at: a text with more is no calendar. */
const MOST_MONTHS = 5_000;

export function dates(text: string): Set<string> {
  const found = new Set<string>();
  if (!/\d/.test(text)) return found;
  for (const [, year, month, day] of text.matchAll(ISO))
    add(found, year, Number(month), Number(day));
  let months = 0;
  for (const match of text.matchAll(NAMED)) {
    if (++months > MOST_MONTHS) break;
    const month = MONTHS.indexOf((match[1] as string).slice(0, 3).toLowerCase()) + 1;
    const end = match.index + match[0].length;
    const before = text.slice(Math.max(0, match.index - NEAR), match.index);
    const after = text.slice(end, end + NEAR);
    const year = YEAR.exec(after)?.[1] ?? YEAR.exec(before)?.[1];
    for (const side of [before, after])
      for (const [, day] of side.matchAll(DAY)) add(found, year, month, Number(day));
  }
  return found;
}

function add(into: Set<string>, year: string | undefined, month: number, day: number): void {
  if (month < 1 || month > 12 || day < 1 || day > 31) return;
  const short = `${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  into.add(short);
  if (year !== undefined) into.add(`${year}-${short}`);
}
