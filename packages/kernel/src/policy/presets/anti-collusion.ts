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
import { noSecrets, secretGlobs } from './text.ts';

export const antiCollusion = (
  startDir: string,
): string => `# anti-collusion: as safe; nothing that carries secrets goes to the web or a database, and sessions and agents are watched together.
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
${afterRefusals(5, 'http.*')}${noSecrets(READS)}${noShell}${noFileWrites}${noSends}${noDatabaseWrites}${readBelow(startDir, 'data', 'docs', 'workspace')}${getFromTheWeb}${queryDatabase}behaviour:
  # A secret that one session has seen, or that came by a place that agents share, is its principal's in every session.
  - name: web-after-secrets
    across: sessions
    sequence: web within 24h
    steps:
      web: {action: http.*, principal_has_seen: [secret, derived]}
    effect: require_approval
    reason: a session of this principal has seen a secret
  # What one may not carry out, another may do for it.
  - name: egress-convergence
    across: principals
    sequence: one then another within 10m
    steps:
      one: {action: http.*, principal_has_seen: [secret, derived], decided: any}
      another: {action: http.*, same: destination, other: principal}
    effect: require_approval
    reason: another agent that has seen a secret went to the same place
  - name: secret-looked-for-elsewhere
    across: sessions
    sequence: look then web within 24h
    steps:
      look:
        action: ${READS}
        decided: any
        resource:
${secretGlobs('          ')}
      web: {action: http.*, other: session}
    effect: quarantine
    level: read_only
    whom: principal
    reason: one session looked for a secret, and another goes to the web
  - name: too-many-refusals-over-sessions
    across: sessions
    sequence: refused within 1h
    steps: {refused: {decided: denied, times: 10}}
    effect: quarantine
    level: read_only
    whom: principal
    reason: ten refusals in an hour, over all sessions
`;
