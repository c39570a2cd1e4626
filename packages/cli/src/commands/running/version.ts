/** `portcullis version`. */
import { has, type Run } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { version } from '../../version.ts';

export const run: Run = async ({ terminal, options }) => {
  if (has(options, 'json')) {
    terminal.json({ version: version(), api: 'v1', node: process.versions.node });
  } else {
    terminal.line(`portcullis ${version()} (wire v1, Node ${process.versions.node})`);
  }
  return EXIT.fine;
};
