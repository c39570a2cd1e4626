/** `portcullis keys create`: a key bound to a principal, shown once. */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseDuration } from '@portcullis/kernel/time';
import { readInstant } from '../../config/instants.ts';
import { nearest } from '../../config/suggest.ts';
import { withSidecar } from '../../connection/open.ts';
import { has, type Options, type Run, textOption, textsOption } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { type MadeKey, printMadeKey } from '../../keys/view.ts';
import { printable } from '../../terminal/printable.ts';

/** What an agent's host needs, and nothing of administration. */
const USUAL_RIGHTS = ['submit', 'decide', 'outcomes', 'explain'];

export const run: Run = async (context) => {
  const { terminal, options } = context;
  const request = await keyRequest(options);
  return withSidecar(context, 'administrator', async ({ call }) => {
    const made = (await call('POST', '/v1/keys', request)) as MadeKey;
    if (has(options, 'json')) terminal.json(made);
    else printMadeKey(terminal, made);
    return EXIT.fine;
  });
};

async function keyRequest(options: Options): Promise<Readonly<Record<string, unknown>>> {
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
    rights: await knownRights(split('rights') ?? USUAL_RIGHTS),
    label: textOption(options, 'label'),
    expires: expiryOf(textOption(options, 'expires')),
    may_assert: Object.keys(assert).length > 0 ? assert : undefined,
    certificate: fingerprintOf(textOption(options, 'certificate')),
  });
}

async function knownRights(rights: readonly string[]): Promise<readonly string[]> {
  const { RIGHTS } = await import('@portcullis/kernel');
  const known: readonly string[] = RIGHTS;
  const wrong = rights.find((right) => !known.includes(right));
  if (wrong === undefined) return rights;
  const meant = nearest(wrong, known);
  throw new UsageError(
    `--rights: ${printable(wrong)} is no right${meant === undefined ? '' : `: did you mean ${meant}?`}`,
    [`valid: ${known.join(', ')}`],
  );
}

/** A time that is still to come, as the wire has it. */
function expiryOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const span = parseDuration(text);
  const at = span === undefined ? readInstant(text) : Date.now() + span;
  if (at === undefined || Number.isNaN(new Date(at).getTime())) {
    throw new UsageError(
      `--expires: expected a time such as 2027-01-31T09:00:00Z, or in how long: 30d, not ${printable(text.slice(0, 100))}`,
    );
  }
  if (at <= Date.now()) throw new UsageError(`--expires: ${printable(text)} is in the past`);
  return new Date(at).toISOString();
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
