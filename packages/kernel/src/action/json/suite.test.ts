/** JSONTestSuite, where the outside vectors are: `y_` texts are read, `n_` texts are refused, `i_` texts get an answer of either kind. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readJson } from './read.ts';

const shared =
  process.env.PORTCULLIS_SHARED ?? join(import.meta.dirname, '../../../../../../shared');
const archive = join(shared, 'vectors/json-parsing-suite.tar.gz');
const present = existsSync(archive);
if (!present) console.warn(`skipped: ${archive} is not here`);

/** Valid by the grammar, refused by admission: with the code that says why. */
const STRICTER: Readonly<Record<string, string>> = {
  'y_object_duplicated_key.json': 'duplicate_key',
  'y_object_duplicated_key_and_value.json': 'duplicate_key',
};

test.skipIf(!present)('every text of the suite', () => {
  let texts = 0;
  for (const [name, bytes] of untar(gunzipSync(readFileSync(archive)))) {
    texts++;
    const read = readJson(bytes);
    const expected = STRICTER[name];
    if (expected !== undefined) expect(read, name).toMatchObject({ ok: false, code: expected });
    else if (name.startsWith('y_')) expect(read, name).toMatchObject({ ok: true });
    else if (name.startsWith('n_')) expect(read, name).toMatchObject({ ok: false });
  }
  expect(texts).toBeGreaterThan(300);
});

/** The regular files of a ustar archive. */
function* untar(archive: Buffer): Generator<[string, Buffer]> {
  for (let at = 0; at + 512 <= archive.length; ) {
    const header = archive.subarray(at, at + 512);
    const path = header.toString('utf8', 0, 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(header.toString('latin1', 124, 136), 8) || 0;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (/^[yni]_/.test(name)) yield [name, archive.subarray(at + 512, at + 512 + size)];
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
