/**
 * Long because it is one table. Every setting: what it takes, what it means, where it may come from. The schema of `portcullis.yaml`,
 * the environment variables, the flags and docs/configuration.md all follow from it.
 */
import * as z from 'zod';
import {
  CLASS_RATE,
  classRate,
  count,
  flag,
  PRESET_NAMES,
  RATE_MEMBERS,
  type Setting,
  SPAN,
  setting,
  span,
  TEXTS,
  text,
  texts,
  webhook,
} from './setting.ts';

const SETTINGS = Object.freeze({
  data_dir: setting(
    text,
    'a path',
    "Journal, keys and vault. By default portcullis below the user's state directory.",
    { example: '/var/lib/portcullis', flag: '--data-dir <dir>', path: true },
  ),
  start_dir: setting(
    text,
    'a path',
    'Where relative paths start, and what the default policy lets agents read. By default the working directory.',
    { example: '.', flag: '--start-dir <dir>', path: true },
  ),
  mode: setting(
    z.enum(['enforce', 'observe']),
    'enforce or observe',
    'observe runs everything and records what enforcing would have said.',
    { fallback: 'enforce', flag: '--mode <mode>' },
  ),
  durability: setting(
    z.enum(['os', 'fsync']),
    'os or fsync',
    'os survives kill -9; fsync survives power loss and costs throughput.',
    { fallback: 'os', flag: '--durability <level>' },
  ),
  'listen.host': setting(text, 'an address or host name', 'Off loopback only with tls.', {
    fallback: '127.0.0.1',
    flag: '--host <host>',
  }),
  'listen.port': setting(
    z.int().min(0).max(65_535),
    'a port from 0 to 65535',
    '0 takes any free port.',
    { fallback: 8787, flag: '--port <port>' },
  ),
  'listen.socket': setting(
    z.union([text, z.literal(false)]),
    'a path, or false',
    'The unix socket; false for none. By default portcullis.sock in the data directory.',
    { example: '/run/portcullis/portcullis.sock', flag: '--socket <path>', path: true },
  ),
  'listen.names': setting(
    texts,
    TEXTS,
    'Further host names that requests may be addressed to, besides loopback and listen.host.',
    { example: ['gate.example.com'] },
  ),
  'listen.origins': setting(texts, TEXTS, 'Origins of web pages that may call. By default none.', {
    example: ['https://console.example.com'],
  }),
  'listen.public_url': setting(text, 'a URL', 'How the sidecar is reached from outside.', {
    example: 'https://gate.example.com',
  }),
  'tls.cert': setting(text, 'a path', 'Certificate chain, PEM.', {
    example: 'cert.pem',
    path: true,
  }),
  'tls.key': setting(text, 'a path', 'Private key, PEM.', { example: 'key.pem', path: true }),
  'tls.client_ca': setting(
    text,
    'a path',
    'Authorities that client certificates must come from, PEM.',
    { example: 'clients.pem', path: true },
  ),
  'policy.file': setting(
    text,
    'a path',
    'The policy document. Watched: a change that does not load leaves the last good one in force.',
    { example: 'policy.yaml', flag: '--policy <file>', path: true },
  ),
  'policy.managed': setting(
    z.literal(true),
    'true',
    'The policy lives in the data directory and is replaced over HTTP.',
    { example: true },
  ),
  'policy.preset': setting(
    z.enum(PRESET_NAMES),
    `one of ${PRESET_NAMES.join(', ')}`,
    'A policy that comes with Portcullis, for the start directory.',
    { example: 'safe', flag: '--preset <name>' },
  ),
  'labels.files': setting(
    texts,
    TEXTS,
    'Label files: where results of tools come from and what their arguments are for. By default none.',
    { example: ['labels/office.yaml'], path: true },
  ),
  sandbox: setting(
    z.enum(['required', 'off']),
    'required or off',
    'off runs programs without a sandbox.',
    { fallback: 'required', fileOnly: true },
  ),
  'proc.read': setting(
    texts,
    TEXTS,
    'Paths that a sandboxed program can read. By default the start directory.',
    {
      example: ['/usr/share/dict'],
      path: true,
      fileOnly: true,
    },
  ),
  'proc.write': setting(
    texts,
    TEXTS,
    'Paths that a sandboxed program can write. By default none.',
    {
      example: ['output'],
      path: true,
      fileOnly: true,
    },
  ),
  'proc.network': setting(flag, 'true or false', 'Whether a sandboxed program has the network.', {
    fallback: false,
    fileOnly: true,
  }),
  'proc.allow_runners': setting(
    texts,
    TEXTS,
    'Programs that may run although they run other programs.',
    { example: ['make'], fileOnly: true },
  ),
  'proc.max_running': setting(
    count(10_000),
    'a whole number from 1 to 10000',
    'How many programs run at once. Others wait, while their own time runs.',
    { fallback: 32 },
  ),
  'proc.memory_bytes': setting(
    z.int().min(16_777_216).max(1_099_511_627_776),
    'a whole number from 16777216 to 1099511627776',
    'Memory of a sandboxed program and all it starts, files in memory included; beyond it all are killed.',
    { fallback: 2_147_483_648, fileOnly: true },
  ),
  'proc.processes': setting(
    z.int().min(8).max(100_000),
    'a whole number from 8 to 100000',
    'Processes and threads of a sandboxed program and all it starts; at so many all are killed.',
    { fallback: 256, fileOnly: true },
  ),
  'proc.file_bytes': setting(
    z.int().min(1_048_576).max(1_099_511_627_776),
    'a whole number from 1048576 to 1099511627776',
    'Bytes of a file that a sandboxed program writes; what writes more is killed.',
    { fallback: 1_073_741_824, fileOnly: true },
  ),
  'proc.cpu_time': setting(
    span,
    SPAN,
    'Processor time of a sandboxed program and all it starts; beyond it all are killed.',
    { fallback: '10m', fileOnly: true },
  ),
  'http.private_hosts': setting(
    texts,
    'a list of hosts (host or host:port)',
    'Hosts that http may reach although their addresses are not public.',
    { example: ['internal.example.com:8443'], fileOnly: true },
  ),
  out_of_reach: setting(
    texts,
    TEXTS,
    'More paths that no action reaches, besides the data directory and the policy.',
    { example: ['private'], path: true },
  ),
  allow_unsafe_platform: setting(
    flag,
    'true or false',
    'Let fs write, move and delete even if the platform cannot hold directories by descriptor.',
    { fallback: false, fileOnly: true },
  ),
  'limits.frame_bytes': setting(
    count(16_777_216),
    'a whole number from 1 to 16777216',
    'Bytes of a result that the requester is shown.',
    { example: 65536 },
  ),
  'limits.frame_depth': setting(
    count(64),
    'a whole number from 1 to 64',
    'Depth of a result that the requester is shown.',
    { example: 16 },
  ),
  'limits.stream_bytes': setting(
    count(2 ** 50),
    `a whole number from 1 to ${2 ** 50}`,
    'Bytes of a result that all frames of a stream show together. By default as many as one frame.',
    { example: 104857600 },
  ),
  'limits.connections': setting(
    count(100_000),
    'a whole number from 1 to 100000',
    'Connections of each listener; the longest idle makes room. An eighth of them is for keys that may freeze or change what others do.',
    { example: 1024 },
  ),
  'limits.headers_timeout': setting(span, SPAN, 'How long the headers of a request may take.', {
    example: '10s',
  }),
  'limits.request_timeout': setting(
    span,
    SPAN,
    'How long a whole request may take, body included.',
    {
      example: '30s',
    },
  ),
  'limits.keep_alive_timeout': setting(
    span,
    SPAN,
    'How long a connection may idle between two requests.',
    {
      example: '30s',
    },
  ),
  'limits.stall': setting(span, SPAN, 'How long the reader of a stream may stand still.', {
    example: '10s',
  }),
  'limits.heartbeat': setting(
    span,
    SPAN,
    'How long an event stream may be silent before it sends a comment.',
    {
      example: '15s',
    },
  ),
  'limits.drain': setting(span, SPAN, 'How long a stop waits for requests under way.', {
    example: '10s',
  }),
  'rate.max': setting(
    count(1_000_000),
    'a whole number from 1 to 1000000',
    'Requests of one key in rate.per, for keys without a rate of their own. By default unbounded.',
    { example: 100 },
  ),
  'rate.per': setting(span, SPAN, 'The window of rate.max, refilled evenly.', { fallback: '1s' }),
  provider_deadline: setting(
    span,
    SPAN,
    'When the gate gives up on a provider. The built-in ones have shorter times of their own.',
    { fallback: '15m' },
  ),
  node: setting(
    z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
    '1 to 64 letters, digits and . _ -',
    'Names this node in every record. By default the host name.',
    { example: 'gate-1' },
  ),
  'journal.segment_bytes': setting(
    z.int().min(65_536).max(4_294_967_296),
    'a whole number from 65536 to 4294967296',
    'Size of a journal segment before the next begins.',
    { fallback: 67_108_864 },
  ),
  'journal.keep_bytes': setting(
    z.int().min(131_072).max(1_099_511_627_776),
    'a whole number from 131072 to 1099511627776',
    'What the journal keeps: beyond it the oldest full segments give way to a signed summary. By default everything.',
    { example: 1_073_741_824, fileOnly: true },
  ),
  'journal.keep_for': setting(
    span,
    SPAN,
    'How long a full journal segment is kept, at the least. By default for ever.',
    { example: '2160h', fileOnly: true },
  ),
  'vault.bytes': setting(
    z.int().min(1_048_576).max(1_099_511_627_776),
    'a whole number from 1048576 to 1099511627776',
    'What the vault keeps for a tenant: results behind handles take half of it at most, answers kept for idempotency keys three quarters; handles of one principal take an eighth, answers a sixteenth.',
    { fallback: 1_073_741_824 },
  ),
  'grants.algorithm': setting(
    z.enum(['ed25519', 'hmac']),
    'ed25519 or hmac',
    'How grant tokens are made. hmac is faster, but only this node can verify it.',
    { fallback: 'ed25519' },
  ),
  'grants.ttl': setting(span, SPAN, 'How long a grant lasts if the request does not say.', {
    fallback: '5m',
  }),
  'grants.max_ttl': setting(span, SPAN, 'How long a grant may last; a longer one is refused.', {
    fallback: '1h',
  }),
  'grants.uses': setting(
    count(1_000_000_000),
    'a whole number from 1 to 1000000000',
    'Uses of a grant if the request does not say.',
    { fallback: 10 },
  ),
  'grants.max_uses': setting(
    count(1_000_000_000),
    'a whole number from 1 to 1000000000',
    'Uses that a grant may have; more are refused.',
    { fallback: 1_000 },
  ),
  'capabilities.files': setting(
    texts,
    TEXTS,
    'Files of capability definitions. Watched: a change with mistakes leaves the last good ones in force. By default none.',
    { example: ['capabilities.yaml'], path: true },
  ),
  'capability_rates.read': setting(
    classRate,
    CLASS_RATE,
    'How often one principal may use a registered capability that reads, if its definition does not say. Services: ten times as often.',
    { fallback: { max: 60, per: '1m' }, members: RATE_MEMBERS },
  ),
  'capability_rates.write': setting(classRate, CLASS_RATE, 'The same for those that write.', {
    fallback: { max: 10, per: '1m' },
    members: RATE_MEMBERS,
  }),
  'capability_rates.destructive': setting(classRate, CLASS_RATE, 'The same for destructive ones.', {
    fallback: { max: 2, per: '1m' },
    members: RATE_MEMBERS,
  }),
  'approvals.ttl': setting(
    span,
    SPAN,
    'How long an action waits for people, and then for the requester to resume.',
    { fallback: '1h' },
  ),
  'approvals.per_principal': setting(
    count(100_000),
    'a whole number from 1 to 100000',
    'Actions of one principal that may wait for people; one more is deferred.',
    { fallback: 20 },
  ),
  'approvals.per_tenant': setting(
    count(1_000_000),
    'a whole number from 1 to 1000000',
    'Actions of one tenant that may wait for people; one more is deferred.',
    { fallback: 1_000 },
  ),
  'handles.ttl': setting(span, SPAN, 'How long a handle can be expanded.', { fallback: '1h' }),
  'handles.per_principal': setting(
    count(1_000_000),
    'a whole number from 1 to 1000000',
    'Live handles of one principal; one more drops the oldest.',
    { fallback: 10_000 },
  ),
  'handles.per_tenant': setting(
    count(10_000_000),
    'a whole number from 1 to 10000000',
    'Live handles of one tenant; one more drops the oldest.',
    { fallback: 100_000 },
  ),
  'session_tokens.total': setting(
    count(1_000_000_000),
    'a whole number from 1 to 1000000000',
    'Estimated tokens that the frames of one session may use. By default not counted.',
    { example: 100_000 },
  ),
  'session_tokens.low': setting(
    z.number().gt(0).lt(1),
    'a number between 0 and 1',
    'The share of session_tokens.total below which frames show less.',
    { fallback: 0.2 },
  ),
  'drift.enabled': setting(
    flag,
    'true or false',
    'Whether actions are compared with where their session began.',
    { fallback: true, fileOnly: true },
  ),
  'drift.ip': setting(
    flag,
    'true or false',
    'Another address than at the beginning ends the session; with drift.geo_km the distance decides instead.',
    { fallback: true, fileOnly: true },
  ),
  'drift.geo_km': setting(
    z.number().positive().max(20_100),
    'a number above 0 and at most 20100',
    'Distance from the beginning, in kilometres, beyond which the session ends. By default distance is not measured.',
    { example: 500, fileOnly: true },
  ),
  'drift.device': setting(
    flag,
    'true or false',
    'Another device than at the beginning ends the session.',
    { fallback: true, fileOnly: true },
  ),
  'drift.age_max': setting(
    z.union([span, z.literal(false)]),
    `${SPAN}, or false`,
    'How long a session lasts. By default 4h, for sessions that said where they began.',
    { example: '4h', fileOnly: true },
  ),
  'drift.rate_warn': setting(
    count(1_000_000_000),
    'a whole number from 1 to 1000000000',
    'Actions a minute above which a session gets a warning. By default 600, for sessions that said where they began.',
    { example: 30, fileOnly: true },
  ),
  'drift.rate_max': setting(
    z.union([count(1_000_000_000), z.literal(false)]),
    'a whole number from 1 to 1000000000, or false',
    'Actions a minute above which a session ends. By default 6000, for sessions that said where they began.',
    { example: 100, fileOnly: true },
  ),
  'drift.require': setting(
    z.array(z.enum(['ip', 'location', 'device'])).max(3),
    'a list of ip, location and device',
    'What every action must say about its surroundings. By default nothing.',
    { example: ['ip'], fileOnly: true },
  ),
  'drift.standing': setting(
    flag,
    'true or false',
    'Also compare standing sessions with where they began.',
    { fallback: false, fileOnly: true },
  ),
  'sessions.idle': setting(
    z.union([span, z.literal(false)]),
    `${SPAN}, or false`,
    'A session without an action or a turn for this long is closed.',
    { fallback: '7d' },
  ),
  'sessions.age': setting(span, SPAN, 'A session this old is closed. By default none is.', {
    example: '24h',
  }),
  'sessions.closed_for': setting(
    span,
    SPAN,
    'How long a closed session answers session_closed; then its id is unknown.',
    { fallback: '1h' },
  ),
  'sessions.most': setting(
    count(100_000_000),
    'a whole number from 1 to 100000000',
    'Open sessions; one more is refused. No principal has the last eighth of them, no tenant the last sixteenth.',
    { fallback: 1_000_000 },
  ),
  webhooks: setting(
    z.array(webhook).max(100),
    'a list of maps with url and, as wanted, name, events, secret_file or key_file, key_id, tenant, details, private, ca_file',
    'Receivers of signed notices of what waits for people and what was ended; see webhooks.md. By default none.',
    {
      example: [{ url: 'https://ops.example.com/portcullis', secret_file: 'webhook.secret' }],
      members: Object.keys(webhook.shape),
      fileOnly: true,
      secret: true,
    },
  ),
  permit_ttl: setting(span, SPAN, 'How long a permit may wait for its start.', {
    fallback: '30s',
  }),
  report_within: setting(
    span,
    SPAN,
    'How long a host may take to report an outcome. A principal can have 100,000 open: beyond that the answer is `outcomes_full`.',
    {
      fallback: '10m',
    },
  ),
  'log.level': setting(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'trace, debug, info, warn, error, fatal or silent',
    'How much the sidecar writes to stderr, as JSON lines.',
    { fallback: 'warn', flag: '--log-level <level>' },
  ),
  url: setting(
    text,
    'a URL',
    'Where the command finds a running sidecar, instead of the data directory.',
    { example: 'https://gate.example.com', flag: '--url <url>', env: 'PORTCULLIS_URL' },
  ),
  api_key: setting(
    text,
    'an API key',
    'The key the command presents, instead of the data directory\u2019s.',
    {
      env: 'PORTCULLIS_API_KEY',
      secret: true,
      envOnly: true,
    },
  ),
});

export type SettingKey = keyof typeof SETTINGS;

export type Settings = {
  readonly [K in SettingKey]: z.output<(typeof SETTINGS)[K]['schema']> | undefined;
};

export const SETTING_KEYS: readonly SettingKey[] = Object.freeze(
  Object.keys(SETTINGS) as SettingKey[],
);

export const settingOf = (key: SettingKey): Setting => SETTINGS[key];

export const variableOf = (key: SettingKey): string =>
  settingOf(key).env ?? `PORTCULLIS_${key.toUpperCase().replaceAll('.', '_')}`;

/** The keys that may stand at `path` in the file: `[]` for the top, `['listen']` below it. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  const prefix = path.length === 0 ? '' : `${path.map(String).join('.')}.`;
  const keys = SETTING_KEYS.filter((key) => key.startsWith(prefix) && !settingOf(key).envOnly);
  return [...new Set(keys.map((key) => key.slice(prefix.length).split('.')[0] ?? ''))];
}

/** The schema of the file: the table, nested, strict at every level. */
export const FILE_SCHEMA: z.ZodType<Readonly<Record<string, unknown>>> = level([]);

function level(path: readonly string[]): z.ZodType<Readonly<Record<string, unknown>>> {
  const shape: Record<string, z.ZodType> = {};
  for (const name of keysAt(path)) {
    const key = [...path, name].join('.');
    shape[name] = (
      key in SETTINGS ? settingOf(key as SettingKey).schema : level([...path, name])
    ).optional();
  }
  return z.strictObject(shape);
}
