/** `portcullis keys list`: the keys of the tenant, without their secrets. */
import { withSidecar } from '../../connection/open.ts';
import { has, type Run } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { type KeyView, printKeys } from '../../keys/view.ts';

export const run: Run = (context) =>
  withSidecar(context, 'administrator', async ({ call }) => {
    const { keys } = (await call('GET', '/v1/keys')) as { keys: readonly KeyView[] };
    if (has(context.options, 'json')) context.terminal.json(keys);
    else printKeys(context.terminal, keys);
    return EXIT.fine;
  });
