/** What comes again and again in a column is held once, and so searched, counted and kept once. */
import type { Few } from './columns.ts';

/** As many as a byte can tell apart. */
const MOST = 256;
/** Rows for each different text: with fewer nothing is saved. */
const ROWS_EACH = 4;

/** undefined where the texts are too many. */
export function fewOf(texts: readonly string[]): Few | undefined {
  const most = Math.max(1, Math.min(MOST, Math.floor(texts.length / ROWS_EACH)));
  const known = new Map<string, number>();
  const places = new Uint8Array(texts.length);
  for (let row = 0; row < texts.length; row++) {
    const text = texts[row] as string;
    let place = known.get(text);
    if (place === undefined) {
      place = known.size;
      if (place >= most) return undefined;
      known.set(text, place);
    }
    places[row] = place;
  }
  return { texts: [...known.keys()], places };
}

/** The same text in every row. */
export const always = (text: string, rows: number): Few => ({
  texts: [text],
  places: new Uint8Array(rows),
});

/** The same places for what became of the texts, where two may have become one. */
export function became({ places }: Few, texts: readonly string[]): Few {
  const known = new Map<string, number>();
  const now = texts.map((text) => {
    const place = known.get(text) ?? known.size;
    known.set(text, place);
    return place;
  });
  if (known.size === texts.length) return { texts, places };
  return { texts: [...known.keys()], places: places.map((place) => now[place] as number) };
}
