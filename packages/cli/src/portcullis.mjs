#!/usr/bin/env node
/** The command's first file: plain JavaScript, so that an older Node can read it and say what to do. */
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const major = Number(process.versions.node.split('.')[0]);
if (!(major >= 24)) {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  process.stderr.write(
    `portcullis needs Node 24 or newer and this is ${process.versions.node}. A checkout brings it: run npm start or npx portcullis there. Elsewhere install it first; npm install node-${platform}-${process.arch}@24 puts one where npx finds it.\n`,
  );
  process.exitCode = 3;
} else {
  // In the user's own cache and not in the shared temporary directory: what lies there is run.
  module.enableCompileCache(
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'portcullis', 'compiled'),
  );
  const { main } = await import('./main.ts');
  await main(process.argv.slice(2));
}
