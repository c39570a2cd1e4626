/**
 * Tools that an MCP server lists, as definitions. What the server says of its own tools can only raise their risk: everything is destructive unless
 * the integrator, not the server, says otherwise.
 */
import type { CapabilityDefinition, Json } from '@portcullis/wire';
import { heldSchema } from './mcp-schema.ts';

export interface ListedTool {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema?: Json;
}

/** `safety`: what the integrator knows of a tool, by name. */
export function capabilitiesOfMcp(
  server: string,
  tools: readonly ListedTool[],
  safety: Readonly<Record<string, CapabilityDefinition['safety']>> = {},
): CapabilityDefinition[] {
  return tools.map(({ name, description, inputSchema }) => ({
    id: `mcp.${part(server)}.${part(name)}`,
    name,
    description: description ?? name,
    action: 'mcp.call',
    fixed: { resource: `${server}/${name}` },
    ...(inputSchema === undefined ? {} : { args: heldSchema(inputSchema) }),
    safety: Object.hasOwn(safety, name) ? (safety[name] as 'read') : 'destructive',
    tags: ['mcp', part(server)],
  }));
}

/** Names that differ only in what is replaced come to the same id, and the second is refused. */
const part = (text: string): string => text.toLowerCase().replace(/[^a-z0-9_]+/g, '_') || '_';
