#!/usr/bin/env node
/** The command's first file: plain JavaScript, so that an older Node can read it and say what to do. */
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const major = Number(process.versions.node.split('.')[0]);
if (!(major >= 24)) {
  process.stderr.write(
    `portcullis needs Node 24 or newer and this is ${process.versions.node}: run it through npm (npm start, npx portcullis), which brings its own Node 24, or put node_modules/.bin first on your PATH.\n`,
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
