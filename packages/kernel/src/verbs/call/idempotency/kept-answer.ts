/** An answer as the vault keeps it for its idempotency key, with the credential and the grant that it was got with. */
import type { Result } from '@portcullis/wire';

export interface KeptAnswer {
  readonly result: Result;
  readonly grant: string | undefined;
  readonly by: string | undefined;
}

export const answerBytes = (answer: KeptAnswer): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(answer));

/** One that was kept before grants stood beside is told without what it showed: nobody knows what that was got with. */
export function readAnswer(bytes: Uint8Array): KeptAnswer {
  const read = JSON.parse(new TextDecoder().decode(bytes)) as Partial<KeptAnswer> & Result;
  if (read.result !== undefined) return { result: read.result, grant: read.grant, by: read.by };
  const { frame: _, ...told } = read;
  return { result: told, grant: undefined, by: undefined };
}
