/** `portcullis grants ask`: a grant for the key that asks, or for another principal out of one. The token is alone on stdout, so that it can go to a file. */
import type { Constraints, GrantRequest } from '@portcullis/wire';
import { proofKeyOf, proven } from '../../answer/proof-key.ts';
import { readObject, readText } from '../../answer/request.ts';
import { withKernel } from '../../connection/open.ts';
import { type Context, has, type Run, textOption } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { effectColour } from '../../log/print.ts';
import { facts } from '../../terminal/facts.ts';
import { moment } from '../../terminal/numbers.ts';
import { safe } from '../../terminal/printable.ts';

export const run: Run = async (context, capability) => {
  const request = await requestFrom(context, capability);
  return withKernel(context, 'requester', async ({ kernel }) => {
    const { terminal, options } = context;
    const { token, ...answer } = await kernel.grant(request);
    const { decision, id, capability: of, principal, expires, uses } = safe(answer);
    if (has(options, 'json'))
      terminal.json({ ...answer, ...(token === undefined ? {} : { token }) });
    else {
      const said = terminal.toStderr();
      said.line(
        `${effectColour(said.colour, decision.effect)(decision.effect)}  ${of ?? capability ?? ''}`,
      );
      facts(said, [
        ['code', token === undefined ? decision.code : undefined],
        ['reason', token === undefined ? decision.reason : undefined],
        ['remedy', decision.remedy],
        ['grant', id],
        ['principal', principal],
        ['expires', expires === undefined ? undefined : moment(new Date(expires).toISOString())],
        ['uses', uses === undefined ? undefined : String(uses)],
        ['token', token === undefined ? undefined : 'on stdout'],
        ['id', decision.id],
      ]);
      if (token !== undefined) terminal.line(token);
    }
    return token === undefined ? EXIT.refused : EXIT.fine;
  });
};

async function requestFrom(
  { options }: Context,
  capability: string | undefined,
): Promise<GrantRequest> {
  const [constraints, justification, session, to, from] = [
    'constraints',
    'justification',
    'session',
    'delegateTo',
    'token',
  ].map((name) => textOption(options, name));
  if ((to === undefined) !== (from === undefined))
    throw new UsageError('--delegate-to and --token belong together');
  if (capability === undefined && from === undefined)
    throw new UsageError('name a capability', ['portcullis capabilities search WORDS']);
  const request: GrantRequest = {
    ...(capability === undefined ? {} : { capability }),
    ...(constraints === undefined
      ? {}
      : { constraints: (await readObject(constraints, '--constraints')) as Constraints }),
    ...(justification === undefined ? {} : { justification }),
    ...(session === undefined ? {} : { session }),
  };
  if (to === undefined || from === undefined) return { ...request, ...(await proofKeyOf(options)) };
  const token = (await readText(from, '--token')).trim();
  return proven(options, { ...request, delegate_to: to, token });
}
