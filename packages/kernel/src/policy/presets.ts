/** Policies that come with Portcullis, as texts: they are read, checked and compiled like any other. */

/** Names that files with secrets have, at any depth, in any case. */
const SECRET_FILES = [
  '.env*',
  '.netrc',
  '_netrc',
  '.npmrc',
  '.yarnrc*',
  '.pypirc',
  '.pgpass',
  '.my.cnf',
  '.htpasswd',
  '.git-credentials',
  '.vault-token',
  '.terraformrc',
  '*.tfstate*',
  'id_rsa*',
  'id_dsa*',
  'id_ecdsa*',
  'id_ed25519*',
  '*.pem',
  '*.key',
  '*.p12',
  '*.pfx',
  '*.ppk',
  '*.jks',
  '*.keystore',
  '*.kdbx',
  '*.ovpn',
  '*_history',
  'service-account*.json',
];

/** Directories whose whole contents count as secret. */
const SECRET_DIRECTORIES = [
  '.ssh',
  '.aws',
  '.azure',
  '.gnupg',
  '.kube',
  '.password-store',
  '.config/gcloud',
  '.config/gh',
  'credentials*',
  'secrets*',
];

const SECRET_PATHS = ['.docker/config.json', '.git/config', '.cargo/credentials*'];

/** Wildcards and what a pattern refuses, taken literally. */
const escapePattern = (path: string): string => path.replace(/[\\*?[\]{}]/g, '\\$&');

/**
 * The default: reading files below a directory except those that look like secrets, and GET from public addresses. The directory is an
 * absolute canonical path.
 */
export function workspaceRead(startDir: string): string {
  const directory = startDir === '/' ? '' : escapePattern(startDir);
  const secrets = [
    ...SECRET_FILES.map((name) => `**/${name}`),
    ...SECRET_DIRECTORIES.map((name) => `**/${name}/**`),
    ...SECRET_PATHS.map((name) => `**/${name}`),
  ];
  const remedy = `Read, list or stat files below ${startDir}, or use http.get. Anything else needs a change of the policy.`;
  return `# workspace-read: what Portcullis permits where nobody said otherwise.
version: 1
description: Reading below the start directory, and GET from public addresses.
# Told to the requester where nothing below permits an action.
remedy: ${JSON.stringify(remedy)}
rules:
  - name: no-secrets
    effect: deny
    priority: 10
    when:
      action: [fs.read, fs.list, fs.stat]
      resource:
        ignore_case: true
        glob:
${secrets.map((glob) => `          - ${JSON.stringify(glob)}`).join('\n')}
    reason: the name looks like a secret's
    remedy: Files that look like secrets are not read. Ask a person for what you need from it.
  - name: read-workspace
    effect: permit
    when:
      action: [fs.read, fs.list, fs.stat]
      resource: ${JSON.stringify(`${directory}/**`)}
    reason: reading below the start directory
  - name: get-from-the-web
    effect: permit
    when:
      action: http.get
    reason: the http provider reaches public addresses only
`;
}

/** By name: the text, for a start directory. */
export const PRESETS: { readonly [name: string]: (startDir: string) => string } = Object.freeze({
  'workspace-read': workspaceRead,
});
