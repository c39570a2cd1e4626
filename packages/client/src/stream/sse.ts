/** The event stream format of the HTML standard: the data of each event as a text within bounds; other fields are not ours. */
import type { RetryClass } from '@portcullis/wire';
import { badResponse, PortcullisError, timedOut, unavailable } from '../errors.ts';
import { read } from '../read.ts';
import type { Call, Stream } from '../transport/transport.ts';

const MAX_REFUSAL = 1 << 20;
/** Milliseconds of silence after which a stream is lost: the sidecar says something every 15,000. */
const MAX_SILENCE = 60_000;

/** `max`: characters of one event. `retry`: of a stream that fell silent. */
export async function* dataOf(
  stream: Stream,
  max: number,
  retry: RetryClass,
): AsyncGenerator<string> {
  let data: string[] = [];
  let size = 0;
  for await (const line of linesOf(noSilence(stream, retry), max)) {
    if (line.startsWith('data:')) {
      size += line.length;
      if (size > max) throw tooLarge();
      data.push(line.slice(line[5] === ' ' ? 6 : 5));
    } else if (line === '' && data.length > 0) {
      yield data.join('\n');
      data = [];
      size = 0;
    }
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>, max: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pieces: string[] = [];
  let held = 0;
  try {
    for await (const chunk of chunks) {
      const lines = decoder.decode(chunk, { stream: true }).split('\n');
      for (let i = 0; i < lines.length; i++) {
        const piece = lines[i] as string;
        held += piece.length;
        if (held > max) throw tooLarge();
        pieces.push(piece);
        if (i === lines.length - 1) break;
        yield pieces.join('').replace(/\r$/, '');
        pieces = [];
        held = 0;
      }
    }
  } catch (error) {
    if (error instanceof PortcullisError) throw error;
    throw unavailable(error instanceof Error ? error.message : 'the stream broke', 'later', error);
  }
}

const tooLarge = (): PortcullisError => badResponse('an event is too large', 'never');

async function* noSilence(
  { chunks, close }: Stream,
  retry: RetryClass,
): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(timedOut(MAX_SILENCE, retry)), MAX_SILENCE);
      });
      try {
        const next = await Promise.race([source.next(), silence]);
        if (next.done === true) return;
        yield next.value;
      } finally {
        clearTimeout(timer);
      }
    }
  } finally {
    close();
  }
}

/** What was answered where a stream was asked for, within the time of a request. */
export async function refusalTextOf(
  stream: Stream,
  { timeout, repeatable }: Call,
): Promise<string> {
  const retry = repeatable ? 'later' : 'never';
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stream.close();
  }, timeout);
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of stream.chunks) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MAX_REFUSAL) break;
    }
  } catch (error) {
    if (late) throw timedOut(timeout, retry);
    throw unavailable(error instanceof Error ? error.message : 'the answer broke', retry, error);
  } finally {
    clearTimeout(timer);
    stream.close();
  }
  return text;
}

export async function refusalOf(stream: Stream, call: Call, asked: string): Promise<Error> {
  try {
    read({ status: stream.status, text: await refusalTextOf(stream, call) }, () => undefined);
  } catch (error) {
    return error as Error;
  }
  return badResponse(`HTTP ${stream.status} where ${asked} were asked for`);
}
