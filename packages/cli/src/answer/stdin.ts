/** All of standard input, as far as it is not too much. */
import { UsageError } from '../exit.ts';

/** `what` is what it holds, for the message. */
export async function readStdin(most: number, what: string): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of process.stdin) {
    parts.push(part as Buffer);
    size += (part as Buffer).length;
    if (size > most) throw new UsageError(`${what} is larger than ${most} bytes`);
  }
  return Buffer.concat(parts).toString('utf8');
}
