/** `portcullis grants revoke`: a grant with what was delegated from it, all of a principal or a capability, or every token with a block. */
import { withKernel } from '../../connection/open.ts';
import { has, type Run, textOption } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { counted } from '../../terminal/numbers.ts';

const TARGETS = ['principal', 'capability', 'block'] as const;

export const run: Run = (context, id) => {
  const { terminal, options } = context;
  const named = TARGETS.flatMap((name) => {
    const value = textOption(options, name);
    return value === undefined ? [] : [{ [name]: value }];
  });
  const targets = id === undefined ? named : [{ grant: id }, ...named];
  const [target] = targets;
  if (target === undefined || targets.length > 1)
    throw new UsageError('name one: a grant, --principal, --capability or --block');
  return withKernel(context, 'administrator', async ({ kernel }) => {
    const reason = textOption(options, 'reason') ?? 'portcullis grants revoke';
    const revocation = await kernel.revoke({ ...target, reason });
    if (has(options, 'json')) terminal.json(revocation);
    else terminal.line(`${terminal.colour.red('revoked')}: ${counted(revocation.grants, 'grant')}`);
    return EXIT.fine;
  });
};
