/** Ari Kernel's six rules over the order of calls, and its threshold, as `behaviour` of a policy: policies/behaviour/ari-six.yaml holds the same. */

const SECRET_PLACES =
  '["**/.ssh/**", "**/.aws/**", "**/.env", "**/*credentials*", "**/*secret*", "**/id_rsa*"]';
const SENDS = '[http.post, http.put, http.patch, http.delete]';

/** `most`: so many refusals within an hour end the session's freedom. There it is 5, with the preset `strict` 3, with `research` 20. */
export const ariSix = (most: number): string => `behaviour:
  - name: untrusted-then-sensitive-probe
    sequence: probe
    steps:
      probe: {action: [fs.read, fs.stat, proc.exec], resource: ${SECRET_PLACES}, session_has_seen: untrusted}
    effect: quarantine
    level: read_only
    reason: text of strangers, then a look at secrets
  # The same where other rules refuse it already, and so below.
  - name: untrusted-then-refused-probe
    sequence: probe
    steps:
      probe: {action: [fs.read, fs.stat], resource: ${SECRET_PLACES}, session_has_seen: untrusted, decided: denied}
    effect: quarantine
    level: read_only
    reason: text of strangers, then a look at secrets
  - name: denied-then-riskier
    sequence: refused then riskier within 20 calls
    steps:
      refused: {decided: denied}
      riskier: {action: [proc.exec, fs.write, fs.delete, fs.move]}
    effect: require_approval
    reason: what was refused is tried another way
  - name: sensitive-read-then-egress
    sequence: sensitive then egress within 20 calls
    steps:
      sensitive: {action: fs.read, resource: ${SECRET_PLACES}, decided: any}
      egress: {action: ${SENDS}}
    effect: quarantine
    level: read_only
    reason: a secret was looked at, and something is sent
  - name: sensitive-read-then-refused-egress
    sequence: sensitive then egress within 20 calls
    steps:
      sensitive: {action: fs.read, resource: ${SECRET_PLACES}, decided: any}
      egress: {action: ${SENDS}, decided: denied}
    effect: quarantine
    level: read_only
    reason: a secret was looked at, and something is sent
  - name: tainted-database-write
    sequence: write
    steps:
      write: {action: [sql.exec, sql.mutate], session_has_seen: untrusted}
    effect: require_approval
    reason: text of strangers, then a change of the database
  - name: tainted-shell
    sequence: run
    steps:
      run: {action: proc.exec, session_has_seen: untrusted}
    effect: quarantine
    level: read_only
    reason: text of strangers, then a program
  - name: tainted-refused-shell
    sequence: run
    steps:
      run: {action: proc.exec, session_has_seen: untrusted, decided: denied}
    effect: quarantine
    level: read_only
    reason: text of strangers, then a program
  - name: secret-access-then-any-egress
    sequence: secret then egress within 20 calls
    steps:
      secret: {action: [sql.query, http.get, vault.**], resource: ["*vault*", "*secret*", "**/*vault*/**", "**/*secret*/**"], decided: any}
      egress: {action: [http.*]}
    effect: require_approval
    reason: a secret was fetched, and something goes out
  - name: too-many-denials
    sequence: denied within 1h
    steps:
      denied: {decided: denied, times: ${most}}
    effect: quarantine
    level: read_only
    reason: ${most === 5 ? 'five' : most} refusals in an hour
`;
