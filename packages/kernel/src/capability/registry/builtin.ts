/** The classes of tools that other systems ask for by name, as capabilities over our own actions: the same table as the Python client's aliases. */
import type { CapabilityDefinition } from '@portcullis/wire';

const one = (
  id: string,
  action: string,
  resource_from: string,
  safety: CapabilityDefinition['safety'],
  description: string,
): CapabilityDefinition => ({
  id,
  name: id,
  description,
  action,
  resource_from,
  safety,
  tags: [id.split('.')[0] as string, safety],
});

export const BUILT_IN: readonly CapabilityDefinition[] = Object.freeze([
  one('file.read', 'fs.read', 'path', 'read', 'Read a file.'),
  one('file.write', 'fs.write', 'path', 'write', 'Write a file.'),
  one('http.read', 'http.get', 'url', 'read', 'Fetch a page or a document from the web.'),
  one('http.write', 'http.post', 'url', 'write', 'Send data to a web address.'),
  one('shell.exec', 'proc.exec', 'program', 'destructive', 'Run a program.'),
  one('database.read', 'sql.query', 'database', 'read', 'Query a database.'),
  one('database.write', 'sql.exec', 'database', 'write', 'Change rows of a database.'),
]);
