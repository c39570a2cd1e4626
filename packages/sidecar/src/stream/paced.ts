/** Texts as the body of an answer, one after another at the reader's pace: the next is asked for when the last was taken. */
import type { Call } from '../route.ts';
import { StallWatch } from './stall.ts';

const encoder = new TextEncoder();

/** `take` gives the next text, undefined at the end; `end` is called once, however it ends: read out, broken, or left. */
export function paced(
  { outgoing, sidecar }: Pick<Call, 'outgoing' | 'sidecar'>,
  take: () => Promise<string | undefined>,
  end: () => void | Promise<void>,
): ReadableStream<Uint8Array> {
  const stall = new StallWatch(outgoing, sidecar.stall);
  let over = false;
  const finish = async (): Promise<void> => {
    if (over) return;
    over = true;
    stall.taken();
    await end();
  };
  return new ReadableStream(
    {
      async pull(controller) {
        stall.taken();
        try {
          const text = await take();
          if (text === undefined) {
            await finish();
            return controller.close();
          }
          stall.offered();
          controller.enqueue(encoder.encode(text));
        } catch (error) {
          await finish().catch(() => {});
          controller.error(error);
        }
      },
      cancel: finish,
    },
    { highWaterMark: 0 },
  );
}

/** A place among what is under way, for as long as the stream is: who reads slowly takes one, and a sidecar that stops waits for it. Gives it back. */
export function occupy({ credential, sidecar }: Pick<Call, 'credential' | 'sidecar'>): () => void {
  sidecar.underWay.count++;
  credential.underWay++;
  return () => {
    sidecar.underWay.count--;
    credential.underWay--;
  };
}
