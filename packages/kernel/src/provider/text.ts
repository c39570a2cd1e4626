/** Bytes as JSON: text where they are UTF-8, else base64. */
import { isUtf8 } from 'node:buffer';

/** `cut`: the end may have fallen into the middle of a character, which is then left off. */
function bytesAsText(bytes: Uint8Array, cut: boolean): string | undefined {
  if (isUtf8(bytes)) return decode(bytes);
  if (!cut) return undefined;
  for (let dropped = 1; dropped <= 3 && dropped <= bytes.length; dropped += 1) {
    const whole = bytes.subarray(0, bytes.length - dropped);
    if (isUtf8(whole)) return decode(whole);
  }
  return undefined;
}

const decode = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');

/** `{name: text}` or `{name_base64: …}`. */
export function textMember(name: string, bytes: Uint8Array, cut: boolean): Record<string, string> {
  const text = bytesAsText(bytes, cut);
  return text === undefined
    ? { [`${name}_base64`]: Buffer.from(bytes).toString('base64') }
    : { [name]: text };
}
