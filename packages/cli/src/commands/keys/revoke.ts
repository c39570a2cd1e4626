/** `portcullis keys revoke`: ends a key at once. */
import { withSidecar } from '../../connection/open.ts';
import { has, type Run } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import type { KeyView } from '../../keys/view.ts';
import { printable } from '../../terminal/printable.ts';

export const run: Run = (context, id = '') =>
  withSidecar(context, 'administrator', async ({ call }) => {
    const { terminal, options } = context;
    const key = (await call('DELETE', `/v1/keys/${encodeURIComponent(id)}`)) as KeyView;
    if (has(options, 'json')) terminal.json(key);
    else terminal.line(`revoked ${printable(key.id)} of ${printable(key.principal.id)}`);
    return EXIT.fine;
  });
