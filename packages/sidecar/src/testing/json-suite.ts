/** For tests: the texts of JSONTestSuite, where the shared vectors are there. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const SHARED =
  process.env.PORTCULLIS_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const ARCHIVE = `${SHARED}/vectors/json-parsing-suite.tar.gz`;

export interface SuiteText {
  /** `y_` must parse, `n_` must be refused, `i_` either. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** undefined where the archive is absent: the test skips and says so. */
export function jsonSuite(): SuiteText[] | undefined {
  if (!existsSync(ARCHIVE)) {
    console.warn(`skipped: ${ARCHIVE} is not there`);
    return undefined;
  }
  return [...entries(gunzipSync(readFileSync(ARCHIVE)))].filter(({ name }) => /^[yni]_/.test(name));
}

/** The files of a POSIX tar archive. */
function* entries(tar: Buffer): Generator<SuiteText> {
  for (let at = 0; at + 512 <= tar.length; ) {
    const header = tar.subarray(at, at + 512);
    const path = header.toString('latin1', 0, 100).replace(/\0.*$/s, '');
    if (path === '') return;
    const size = Number.parseInt(header.toString('latin1', 124, 136), 8);
    yield {
      name: path.slice(path.lastIndexOf('/') + 1),
      bytes: tar.subarray(at + 512, at + 512 + size),
    };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
