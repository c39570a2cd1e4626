/** The event stream format of the HTML standard: the data of each event as a text within bounds; other fields are not ours. */
import { badResponse, PortcullisError, unavailable } from './errors.ts';
import { read } from './read.ts';
import type { Stream } from './transport.ts';

const MAX_REFUSAL = 1 << 20;

/** `max`: characters of one event. */
export async function* dataOf(
  chunks: AsyncIterable<Uint8Array>,
  max: number,
): AsyncGenerator<string> {
  let data: string[] = [];
  let size = 0;
  for await (const line of linesOf(chunks, max)) {
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

/** What was answered where a stream was asked for. */
export async function refusalTextOf(stream: Stream): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream.chunks) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_REFUSAL) break;
  }
  stream.close();
  return text;
}

export async function refusalOf(stream: Stream, asked: string): Promise<Error> {
  try {
    read({ status: stream.status, text: await refusalTextOf(stream) }, () => undefined);
  } catch (error) {
    return error as Error;
  }
  return badResponse(`HTTP ${stream.status} where ${asked} were asked for`);
}
