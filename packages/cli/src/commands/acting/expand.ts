/** `portcullis expand`: a page of what a handle names; rows to stdout as JSON, what was left out to stderr. */
import type { ExpandQuery } from '@portcullis/wire';
import { withKernel } from '../../connection/open.ts';
import { numberOption, type Options, type Run, textsOption } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { printable } from '../../terminal/printable.ts';

export const run: Run = (context, handle = '') => {
  const query = queryOf(context.options);
  return withKernel(context, 'requester', async ({ kernel }) => {
    const { terminal } = context;
    const frame = await kernel.expand({ handle, query });
    terminal.json(frame.data);
    for (const note of frame.notes) terminal.note(printable(note));
    return EXIT.fine;
  });
};

function queryOf(options: Options): ExpandQuery {
  const offset = numberOption(options, 'offset');
  const limit = numberOption(options, 'limit');
  const fields = textsOption(options, 'fields');
  const where = textsOption(options, 'where');
  return {
    ...(offset === undefined ? {} : { offset }),
    ...(limit === undefined ? {} : { limit }),
    ...(fields === undefined ? {} : { fields: [...fields] }),
    ...(where === undefined ? {} : { filter: Object.fromEntries(where.map(test)) }),
  };
}

function test(text: string): [string, string | number | boolean | null] {
  const at = text.indexOf('=');
  if (at < 1)
    throw new UsageError(`--where: expected member=text or member:=JSON, not ${printable(text)}`);
  if (text[at - 1] !== ':') return [text.slice(0, at), text.slice(at + 1)];
  try {
    return [text.slice(0, at - 1), JSON.parse(text.slice(at + 1))];
  } catch {
    throw new UsageError(`--where: ${printable(text)} has no JSON behind :=`);
  }
}
