/** The request that the command line describes. Params go to the kernel as they were written: nothing is guessed or rounded here. */
import { readFileSync, statSync } from 'node:fs';
import type { ActionRequest, InvokeRequest, JsonObject, ResponseMode } from '@portcullis/wire';
import { type Options, textOption } from '../context.ts';
import { UsageError } from '../exit.ts';
import { printable } from '../terminal/printable.ts';
import { readStdin } from './stdin.ts';

const MOST_BYTES = 1_048_576;

export async function requestFrom(
  options: Options,
  action: string,
  resource: string | undefined,
): Promise<ActionRequest> {
  const written = textOption(options, 'params');
  const params = written === undefined ? undefined : await readObject(written, '--params');
  return {
    action,
    ...(resource === undefined ? {} : { resource }),
    ...(params === undefined ? {} : { params }),
    ...sharedOf(options),
  };
}

/** The use of a grant; `token` as it was written. */
export async function invocationFrom(options: Options, token: string): Promise<InvokeRequest> {
  const args = textOption(options, 'args');
  return {
    token: (await readText(token, 'the token')).trim(),
    ...(args === undefined ? {} : { args: await readObject(args, '--args') }),
    ...sharedOf(options),
  };
}

/** What is said of a call, whatever it calls. */
function sharedOf(
  options: Options,
): Pick<ActionRequest, 'session' | 'justification' | 'idempotency_key' | 'response_mode'> {
  const [session, justification, key, mode] = [
    'session',
    'justification',
    'idempotencyKey',
    'responseMode',
  ].map((name) => textOption(options, name));
  return {
    ...(session === undefined ? {} : { session }),
    ...(justification === undefined ? {} : { justification }),
    ...(key === undefined ? {} : { idempotency_key: key }),
    ...(mode === undefined ? {} : { response_mode: mode as ResponseMode }),
  };
}

/** A JSON object from the command line, from a file, or from stdin; `option` is what was written, for messages. */
export async function readObject(written: string, option: string): Promise<JsonObject> {
  const text = await readText(written, option);
  if (Buffer.byteLength(text) > MOST_BYTES) {
    throw new UsageError(`${option} is larger than ${MOST_BYTES} bytes`);
  }
  const value = await parse(text, option);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${option} is not a JSON object`);
  }
  return value as JsonObject;
}

/** What was written, or stands in a file, or on stdin. */
export async function readText(written: string, option: string): Promise<string> {
  if (written === '-') return readStdin(MOST_BYTES, option);
  if (!written.startsWith('@')) return written;
  const path = written.slice(1);
  try {
    if (!statSync(path).isFile()) throw new UsageError(`${option}: ${path} is not a file`);
    if (statSync(path).size > MOST_BYTES) {
      throw new UsageError(`${option}: ${path} is larger than ${MOST_BYTES} bytes`);
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`${option}: cannot read ${path}: ${code}`);
  }
}

/** By the kernel's own reader: a key given twice or a number that is not exact is a mistake here as it is there. */
async function parse(text: string, option: string): Promise<unknown> {
  const { readJson } = await import('@portcullis/kernel');
  const read = readJson(text);
  if (read.ok) return read.value;
  throw new UsageError(`${option}: ${printable(read.message)}`, [read.code]);
}
