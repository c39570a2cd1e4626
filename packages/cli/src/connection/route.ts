/** One call of a route that is no verb of the kernel, over the same address and key. */
import { request as overHttp } from 'node:http';
import { request as overTls } from 'node:https';
import type { Problem } from '@portcullis/wire';
import { Fault } from '../exit.ts';

const MOST_BYTES = 16_777_216;

export async function callRoute(
  address: string,
  apiKey: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const { status, text } = await exchange(address, apiKey, method, path, body);
  const answer: unknown = text === '' ? null : JSON.parse(text);
  if (status < 400) return answer;
  const problem = answer as Partial<Problem> | null;
  throw new Fault(
    problem?.code ?? 'bad_response',
    problem?.detail ?? problem?.title ?? `HTTP ${status}`,
  );
}

function exchange(
  address: string,
  apiKey: string,
  method: string,
  path: string,
  body: unknown,
): Promise<{ status: number; text: string }> {
  const socketPath = address.startsWith('unix:') ? address.slice(5) : undefined;
  const url = new URL(path, socketPath === undefined ? address : 'http://localhost');
  const send = url.protocol === 'https:' ? overTls : overHttp;
  return new Promise((resolve, reject) => {
    const sent = send(
      url,
      {
        method,
        ...(socketPath === undefined ? {} : { socketPath }),
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        timeout: 30_000,
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          if (text.length > MOST_BYTES)
            sent.destroy(new Fault('bad_response', 'the answer is too large'));
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 500, text }));
        answer.on('error', reject);
      },
    );
    sent.on('timeout', () => sent.destroy(new Fault('timeout', 'the sidecar did not answer')));
    sent.on('error', (error) =>
      reject(error instanceof Fault ? error : new Fault('unavailable', error.message, error)),
    );
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
