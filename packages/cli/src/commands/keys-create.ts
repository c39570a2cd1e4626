/** `portcullis keys create`: a key bound to a principal, shown once. */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { withSidecar } from '../connection/open.ts';
import { has, type Options, type Run, textOption, textsOption } from '../context.ts';
import { EXIT, UsageError } from '../exit.ts';
import { type MadeKey, printMadeKey } from '../keys/view.ts';
import { printable } from '../terminal/printable.ts';

/** What an agent's host needs, and nothing of administration. */
const USUAL_RIGHTS = ['submit', 'decide', 'outcomes', 'explain'];

export const run: Run = (context) =>
  withSidecar(context, 'administrator', async ({ call }) => {
    const { terminal, options } = context;
    const made = (await call('POST', '/v1/keys', keyRequest(options))) as MadeKey;
    if (has(options, 'json')) terminal.json(made);
    else printMadeKey(terminal, made);
    return EXIT.fine;
  });

function keyRequest(options: Options): Readonly<Record<string, unknown>> {
  const split = (name: string): string[] | undefined =>
    textsOption(options, name)?.flatMap((one) => one.split(',').filter((part) => part !== ''));
  const assert = present({
    principals: split('mayAssertPrincipals'),
    roles: split('mayAssertRoles'),
    on_behalf_of: split('mayAssertOnBehalfOf'),
    context: split('mayAssertContext'),
    user_turns: has(options, 'mayAssertUserTurns') || undefined,
  });
  return present({
    principal: present({
      id: textOption(options, 'principal'),
      kind: textOption(options, 'kind'),
      roles: split('roles'),
    }),
    rights: split('rights') ?? USUAL_RIGHTS,
    label: textOption(options, 'label'),
    expires: textOption(options, 'expires'),
    may_assert: Object.keys(assert).length > 0 ? assert : undefined,
    certificate: fingerprintOf(textOption(options, 'certificate')),
  });
}

/** SHA-256 of the certificate in DER, lower-case hex. */
function fingerprintOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    const { raw } = new X509Certificate(readFileSync(file));
    return createHash('sha256').update(raw).digest('hex');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--certificate: ${printable(file)}: ${printable(why)}`);
  }
}

const present = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
