/** For several agents over shared places: what one of them read of a secret leaves through none of them. */
import {
  afterRefusals,
  getFromTheWeb,
  noDatabaseWrites,
  noFileWrites,
  noSends,
  noShell,
  queryDatabase,
  READS,
  readBelow,
} from './rules.ts';
import { noSecrets } from './text.ts';

export const antiCollusion = (
  startDir: string,
): string => `# anti-collusion: as safe, and nothing that carries secrets goes to the web or a database.
version: 1
visible: true
description: Read three directories, GET, query; an action that carries a secret reaches neither web nor database.
remedy: Read below data, docs or workspace, use http.get or sql.query. Anything else needs another preset.
rules:
  - name: no-secret-data-leaves
    effect: deny
    priority: 5
    when:
      action: [http.*, sql.*]
      flow: {secret: true}
    reason: it carries what was read of a secret
    remedy: Leave out what came from secret places.
${afterRefusals(5, 'http.*')}${noSecrets(READS)}${noShell}${noFileWrites}${noSends}${noDatabaseWrites}${readBelow(startDir, 'data', 'docs', 'workspace')}${getFromTheWeb}${queryDatabase}`;
