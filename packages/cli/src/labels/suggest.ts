/**
 * Drafts a label file from tool schemas: sinks by the verb in a name, roles by the names of parameters. A draft to be read by somebody who
 * knows the tools; where a name tells nothing it says so.
 */
import { formatPointer } from '@portcullis/kernel';
import type { Json, JsonObject } from '@portcullis/wire';

export interface ToolSchema {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments. */
  readonly parameters?: Json;
}

type Rule = readonly [pattern: RegExp, value: string];

/** The first that fits the name decides. */
const SINKS: readonly Rule[] = [
  [
    /^(?:get|list|search|read|view|find|check|show|count|calculate|think|describe|query|lookup)(?:_|$)/,
    '',
  ],
  [/password|credential|login|log_in|verify|otp|ssh_key|api_key|token/, 'credential'],
  [/delete|remove|clear|cancel|erase|drop|purge|revoke|unsubscribe|unstar|reset/, 'destructive'],
  [
    /money|pay|transfer|transaction|checkout|purchase|buy|refund|order|reserve|book|rent|invoice|charge|donate/,
    'money',
  ],
  [/invite|share|participant|collaborator|calendar_event|reschedule|add_user|grant/, 'invite'],
  [/browse|visit|fetch|webpage_get|download|crawl|open_url|get_webpage/, 'fetch'],
  [
    /send|post|publish|reply|forward|email|mail|message|tweet|comment|issue|submit|input_to|push|upload|notify/,
    'egress',
  ],
  [
    /create|write|append|update|edit|move|copy|save|add|set|rename|clone|pull|star|make/,
    'local_write',
  ],
];

const ROLES: readonly Rule[] = [
  [/^(?:otp|code|verification_code|pin)$/, 'code'],
  [/password|secret|api_key|ssh_key|token|username|login/, 'credential'],
  [
    /body|content|subject|text|message|title|description|comment|note|attachment|input|value|payload|html/,
    'payload',
  ],
  [/amount|quantity|count|price|date|time|day|duration|limit|number|^n$|recurring/, 'quantity'],
  [
    /recipient|^to$|^cc$|^bcc$|email|address|url|uri|link|owner|collaborator|participant|channel|iban|account|destination_user|phone/,
    'destination',
  ],
  [/id|name|path|file|query|user|dir|repo|hotel|city|company|product|key|ref/, 'selector'],
];

const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  send: ['send', 'forward', 'reply', 'write', 'tell'],
  create: ['create', 'make', 'add', 'set', 'write'],
  delete: ['delete', 'remove', 'clear', 'cancel', 'erase'],
  remove: ['remove', 'delete', 'clear'],
  cancel: ['cancel', 'delete', 'remove'],
  update: ['update', 'change', 'set', 'edit', 'correct'],
  add: ['add', 'include', 'invite', 'put'],
  invite: ['invite', 'add', 'share'],
  share: ['share', 'give', 'grant', 'send'],
  reserve: ['reserve', 'book', 'make'],
  schedule: ['schedule', 'set', 'plan', 'create'],
  post: ['post', 'publish', 'write', 'submit'],
  download: ['download', 'save', 'get', 'fetch'],
  append: ['append', 'add', 'write'],
};

const first = (rules: readonly Rule[], name: string): string | undefined =>
  rules.find(([pattern]) => pattern.test(name))?.[1];

/** YAML, with what to look at in comments. */
export function suggestLabels(set: string, tools: readonly ToolSchema[]): string {
  const lines = [
    `# A draft from the schemas of ${tools.length} tools: read every line. docs/provenance.md says what the words mean.`,
    'version: 1',
    `set: ${JSON.stringify(set)}`,
    '# What a tool returns is free text of strangers, and private, where nothing else is said.',
    'defaults: {result: {author: free, confidentiality: private}}',
    'tools:',
  ];
  for (const tool of tools) lines.push(...toolLines(tool));
  return `${lines.join('\n')}\n`;
}

function toolLines({ name, parameters }: ToolSchema): string[] {
  const key = name.toLowerCase();
  const sink = first(SINKS, key);
  const args = Object.entries(propertiesOf(parameters));
  const lines: string[] = [];
  if (sink === undefined)
    lines.push(
      '    # The name does not say what it does: a sink? egress, money, destructive, credential, invite, fetch, local_write',
    );
  if (sink) lines.push(`    sink: ${sink}`);
  const roles = args.map(([arg, schema]) => roleText(arg, schema));
  const known = roles.filter((text) => text !== undefined);
  if (known.length > 0) lines.push(`    args: {${known.join(', ')}}`);
  const unsaid = args.filter((_, i) => roles[i] === undefined).map(([arg]) => arg);
  if (sink && unsaid.length > 0) lines.push(`    # Without a role: ${unsaid.join(', ')}`);
  const url = args.find(([arg]) => /^(?:url|uri|link|href)$/i.test(arg));
  if (url !== undefined) lines.push(`    url: ${JSON.stringify(formatPointer([url[0]]))}`);
  if (sink) lines.push(`    intent: ${intentText(key)}`);
  if (sink) lines.push('    result: {author: platform}  # only if it answers with its own words');
  else if (sink === '')
    lines.push(
      '    # result: {format: yaml, by: sender, fields: {id: platform, sender: party, body: free}}',
    );
  const says = lines.some((line) => !line.trimStart().startsWith('#'));
  const label = /^[a-z][a-z0-9_.-]*$/.test(key) ? key : JSON.stringify(key);
  return [`  ${label}:${says ? '' : ' {}'}`, ...lines];
}

function roleText(arg: string, schema: Json): string | undefined {
  const role = first(ROLES, arg.toLowerCase());
  if (role === undefined) return undefined;
  return `${JSON.stringify(formatPointer(isList(schema) ? [arg, '*'] : [arg]))}: ${role}`;
}

function intentText(name: string): string {
  const [verb = name, ...nouns] = name.split(/[_.-]+/);
  const does = SYNONYMS[verb] ?? [verb];
  const about = nouns.filter(
    (noun) => noun.length > 2 && !/^(?:the|for|via|through|from|with)$/.test(noun),
  );
  const list = (words: readonly string[]): string =>
    `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
  return about.length === 0
    ? `{does: ${list(does)}}`
    : `{does: ${list(does)}, about: ${list(about)}}`;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function propertiesOf(schema: Json | undefined): JsonObject {
  const properties = isObject(schema) ? schema.properties : undefined;
  return isObject(properties) ? properties : {};
}

function isList(schema: Json): boolean {
  if (!isObject(schema)) return false;
  if (schema.type === 'array') return true;
  const any = Array.isArray(schema.anyOf) ? schema.anyOf : [];
  return any.some((one) => isObject(one) && one.type === 'array');
}
