/** For the first run of something that is not trusted: one directory, no network, and an end once strangers were read. */
import {
  afterRefusals,
  noDatabase,
  noFileWrites,
  noSends,
  noShell,
  READS,
  readBelow,
} from './rules.ts';
import { noSecrets } from './text.ts';

export const strict = (
  startDir: string,
): string => `# strict: read one directory. A host to GET from is added by a rule of your own.
version: 1
visible: true
description: Read data below the start directory. Nothing at all after three refusals or after anything that strangers wrote.
remedy: Read below data. Anything else needs another preset.
rules:
${afterRefusals(3, '"**"')}  - name: nothing-after-strangers
    effect: deny
    priority: 5
    when:
      action: "**"
      flow: {tainted: true}
    reason: the session has read what strangers wrote
    remedy: Begin a new session.
${noSecrets(READS)}${noShell}${noFileWrites}${noSends}${noDatabase}${readBelow(startDir, 'data')}`;
