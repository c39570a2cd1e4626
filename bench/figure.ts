/** What a figure is: a name, what is wanted of it, what was measured and how far that spread. Each file of this folder measures one and prints it by itself. */
import { relative } from 'node:path';
import { format, type Spread } from './measure.ts';

/** `small` takes seconds and shows the shape; `stated` is the size that the figure names. */
export type Size = 'small' | 'stated';

export interface Figure {
  readonly name: string;
  /** `>= 2`, `< 15`: the bound, and which side of it. */
  readonly wanted: readonly ['>=' | '<', number];
  readonly unit: string;
  readonly measured: Spread;
  /** What the same run says of the floor, or of the size where it is not the stated one. */
  readonly note?: string;
}

export type Measure = (size: Size) => Promise<readonly Figure[]>;

export const met = ({ wanted: [side, bound], measured }: Figure): boolean =>
  side === '<' ? measured.median < bound : measured.median >= bound;

export function table(figures: readonly Figure[], command: string): string {
  return figures
    .map((figure) => {
      const { measured, name, note, unit, wanted } = figure;
      const value = `${format(measured.median)} ${unit} (${format(measured.min)} to ${format(measured.max)})`;
      const line = `${met(figure) ? 'met   ' : 'missed'} ${name.padEnd(46)} ${`${wanted[0]} ${format(wanted[1])}`.padStart(9)}  ${value.padEnd(36)} ${command}`;
      return note === undefined ? line : `${line}\n       ${note}`;
    })
    .join('\n');
}

/** The command that prints the figures of a file. */
export const commandOf = (file: string): string =>
  `node ${relative(`${import.meta.dirname}/..`, file)}`;

/** At the end of each file: measures the stated size when the file is run itself, the small one with `--small`. */
export async function main(meta: ImportMeta, measure: Measure): Promise<void> {
  if (!meta.main) return;
  const figures = await measure(process.argv.includes('--small') ? 'small' : 'stated');
  console.log(table(figures, commandOf(meta.filename)));
}
