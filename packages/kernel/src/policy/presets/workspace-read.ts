/** The default policy: what Portcullis permits where nobody said otherwise. */
import { below, noSecrets } from './text.ts';

/**
 * The default: reading files below a directory except those that look like secrets, and GET from public addresses. The directory is an
 * absolute canonical path.
 */
export function workspaceRead(startDir: string): string {
  const remedy = `Read, list or stat files below ${startDir}, or use http.get. Anything else needs a change of the policy.`;
  return `# workspace-read: what Portcullis permits where nobody said otherwise.
version: 1
visible: true
description: Reading below the start directory, and GET from public addresses.
# Told to the requester where nothing below permits an action.
remedy: ${JSON.stringify(remedy)}
rules:
${noSecrets('[fs.read, fs.list, fs.stat]')}  - name: read-workspace
    effect: permit
    when:
      action: [fs.read, fs.list, fs.stat]
      resource: ${below(startDir)}
    reason: reading below the start directory
  - name: get-from-the-web
    effect: permit
    when:
      action: http.get
    reason: the http provider reaches public addresses only
`;
}
