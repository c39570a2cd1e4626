/** Rows as aligned columns, two spaces apart, without rules or boxes. Widths are those of a terminal, wide characters counted. */
import truncated from 'fast-string-truncated-width';

export const widthOf = (text: string): number => truncated(text).width;

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** At least this wide, so that lines printed later stay aligned. */
  readonly min?: number;
  /** Gives way where the terminal is too narrow: cut in the middle, its ends stay readable. */
  readonly gives?: true;
}

/** Cells are safe text without colour; `paint` colours a padded cell. */
export interface Rows {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  readonly paint?: (cell: string, column: number, row: number) => string;
  /** The titles of the columns, painted; left out: no title line. */
  readonly head?: (title: string) => string;
}

const GAP = '  ';
const LEAST_GIVING = 16;

export function columns({ columns, rows, paint, head }: Rows, width: number): string[] {
  const natural = columns.map((column, index) =>
    rows.reduce(
      (most, row) => Math.max(most, widthOf(row[index] ?? '')),
      Math.max(column.min ?? 0, head ? widthOf(column.title) : 0),
    ),
  );
  const widths = fit(columns, natural, width);
  const lay = (cells: readonly string[], dress: (cell: string, index: number) => string): string =>
    columns
      .map((column, index) => {
        const room = widths[index] ?? 0;
        const cell = cutMiddle(cells[index] ?? '', room);
        const space = ' '.repeat(Math.max(0, room - widthOf(cell)));
        const dressed = dress(cell, index);
        if (column.align === 'right') return space + dressed;
        return index === columns.length - 1 ? dressed : dressed + space;
      })
      .join(GAP)
      .trimEnd();
  const lines =
    head === undefined
      ? []
      : [
          lay(
            columns.map((c) => c.title),
            (title) => head(title),
          ),
        ];
  rows.forEach((row, number) => {
    lines.push(lay(row, (cell, index) => paint?.(cell, index, number) ?? cell));
  });
  return lines;
}

/** Columns that give way do so in their order, each down to what can still be read. */
function fit(columns: readonly Column[], natural: readonly number[], width: number): number[] {
  let over = natural.reduce((sum, one) => sum + one, GAP.length * (columns.length - 1)) - width;
  return natural.map((one, index) => {
    if (columns[index]?.gives !== true) return one;
    const less = Math.min(Math.max(0, over), Math.max(0, one - LEAST_GIVING));
    over -= less;
    return one - less;
  });
}

/** Both ends of a text that is too wide, an ellipsis between. */
export function cutMiddle(text: string, room: number): string {
  if (!Number.isFinite(room) || widthOf(text) <= room) return text;
  const letters = [...text];
  const half = (count: number, from: readonly string[]): string[] => {
    const kept: string[] = [];
    let used = 0;
    for (const letter of from) {
      used += widthOf(letter);
      if (used > count) break;
      kept.push(letter);
    }
    return kept;
  };
  const start = half(Math.floor((room - 1) / 2), letters);
  const end = half(Math.ceil((room - 1) / 2), letters.toReversed()).toReversed();
  return `${start.join('')}\u2026${end.join('')}`;
}
