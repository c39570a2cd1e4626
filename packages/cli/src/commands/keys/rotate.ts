/** `portcullis keys rotate`: a new secret for the same key; the old one ends at once. */
import { withSidecar } from '../../connection/open.ts';
import { has, type Run } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { type MadeKey, printMadeKey } from '../../keys/view.ts';

export const run: Run = (context, id = '') =>
  withSidecar(context, 'administrator', async ({ call }) => {
    const { terminal, options } = context;
    const made = (await call('POST', `/v1/keys/${encodeURIComponent(id)}/rotate`, {})) as MadeKey;
    if (has(options, 'json')) terminal.json(made);
    else printMadeKey(terminal, made);
    return EXIT.fine;
  });
