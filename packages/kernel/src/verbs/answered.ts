/** An answer as the vault keeps it for its idempotency key, with the grant that it was got with. */
import type { Result } from '@portcullis/wire';

export interface Answered {
  readonly result: Result;
  readonly grant: string | undefined;
}

export const answerBytes = (answered: Answered): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(answered));

/** One that was kept before grants stood beside is told without what it showed: nobody knows what that was got with. */
export function readAnswer(bytes: Uint8Array): Answered {
  const read = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Answered> & Result;
  if (read.result !== undefined) return { result: read.result, grant: read.grant };
  const { frame: _, ...told } = read;
  return { result: told, grant: undefined };
}
