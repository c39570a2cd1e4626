/** Instants on the command line: what is left out of one is midnight, the whole minute, and UTC, as the log prints it. */
import { parseInstant } from '@portcullis/kernel/time';

const WITH_LESS = /^(\S{10})(?:[T ](\d\d:\d\d)(:[\d.]+)?(\S*))?$/;

/** Milliseconds since the epoch, undefined where the text is no instant. */
export function readInstant(text: string): number | undefined {
  const [, day, minute = '00:00', second = ':00', zone = ''] = WITH_LESS.exec(text) ?? [];
  return parseInstant(`${day}T${minute}${second}${zone === '' ? 'Z' : zone}`);
}
