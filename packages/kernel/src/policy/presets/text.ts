/** What presets take as a secret, and paths as patterns. Rules that they share are in rules.ts. */

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

/** Names and places of secrets at any depth, as resource patterns. */
const SECRETS = [
  ...SECRET_FILES.map((name) => `**/${name}`),
  ...SECRET_DIRECTORIES.map((name) => `**/${name}/**`),
  ...SECRET_PATHS.map((name) => `**/${name}`),
];

/** Wildcards and what a pattern refuses, taken literally. */
const escapePattern = (path: string): string => path.replace(/[\\*?[\]{}]/g, '\\$&');

/** A pattern for everything below a directory, or below one of its own, as a YAML scalar. */
export const below = (startDir: string, child = ''): string => {
  const root = startDir === '/' ? '' : escapePattern(startDir);
  return JSON.stringify(`${root}${child === '' ? '' : `/${child}`}/**`);
};

/** The same, as YAML list items. */
export const secretGlobs = (indent: string): string =>
  SECRETS.map((glob) => `${indent}- ${JSON.stringify(glob)}`).join('\n');

/** Files that look like secrets stay closed to these actions. */
export const noSecrets = (actions: string): string => `  - name: no-secrets
    effect: deny
    priority: 10
    when:
      action: ${actions}
      resource:
        ignore_case: true
        glob:
${secretGlobs('          ')}
    reason: the name looks like a secret's
    remedy: Files that look like secrets are not read. Ask a person for what you need from it.
`;
