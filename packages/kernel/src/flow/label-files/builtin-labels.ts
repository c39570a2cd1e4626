/**
 * The labels of the built-in providers, in the words of any label file and held to the same schema. They count where an integrator
 * describes tools at all, entry by entry unless a file has its own; what they say of stored things counts always. docs/provenance.md
 * says why each field is whose.
 */
/** A page's address and status are ours to tell; everything else the server says. */
const PAGE = {
  fields: {
    status: 'platform',
    truncated: 'platform',
    url: 'free',
    headers: 'free',
    body: 'free',
    redirect: 'free',
  },
  keys: 'free',
} as const;

const SENT = { resource: 'destination', '/query': 'payload', '/headers': 'payload' } as const;
const SENT_WITH_BODY = { ...SENT, '/body': 'payload' } as const;
const URL = { in: 'http', key: 'resource', path: true } as const;
const FILE = { in: 'fs', key: 'resource', path: true } as const;

export const BUILT_IN_LABELS = {
  version: 1,
  set: 'portcullis',
  tools: {
    'fs.read': {
      args: { resource: 'selector' },
      object: { does: 'read', ...FILE },
      // Who wrote what lies in a file, nobody here knows; a user who names the file stands for it as for any source.
      result: { author: 'free' },
    },
    'fs.list': {
      args: { resource: 'selector' },
      object: { does: 'list', ...FILE },
      result: { fields: { name: 'platform', type: 'platform', truncated: 'platform' } },
    },
    'fs.stat': { args: { resource: 'selector' }, result: { author: 'platform' } },
    'fs.write': {
      sink: 'local_write',
      args: { resource: 'selector', '/content': 'payload' },
      intent: { does: ['write', 'save', 'store', 'create', 'update', 'edit', 'record', 'note'] },
      object: { does: 'write', ...FILE, content: '/content' },
      result: { author: 'platform' },
    },
    'fs.append': {
      sink: 'local_write',
      args: { resource: 'selector', '/content': 'payload' },
      intent: { does: ['append', 'add', 'write', 'save', 'record', 'note', 'log'] },
      object: { does: 'append', ...FILE, content: '/content' },
      result: { author: 'platform' },
    },
    'fs.move': {
      sink: 'destructive',
      args: { resource: 'selector', '/to': 'selector' },
      intent: { does: ['move', 'rename', 'archive', 'file'] },
      object: { does: 'move', ...FILE, to: '/to' },
      result: { author: 'platform' },
    },
    'fs.delete': {
      sink: 'destructive',
      args: { resource: 'selector' },
      intent: { does: ['delete', 'remove', 'clear', 'clean', 'erase', 'discard'] },
      object: { does: 'delete', ...FILE },
      result: { author: 'platform' },
    },

    'http.get': {
      sink: 'fetch',
      url: 'resource',
      args: SENT,
      intent: { does: ['get', 'fetch', 'read', 'open', 'visit', 'look', 'download', 'summarize'] },
      object: { does: 'read', ...URL },
      result: PAGE,
    },
    'http.head': { sink: 'fetch', url: 'resource', args: SENT, result: PAGE },
    'http.options': { sink: 'fetch', url: 'resource', args: SENT, result: PAGE },
    'http.post': {
      sink: 'egress',
      url: 'resource',
      args: SENT_WITH_BODY,
      intent: { does: ['post', 'send', 'submit', 'publish', 'upload', 'create'] },
      object: { does: ['read', 'append'], ...URL, content: ['/query', '/headers', '/body'] },
      result: PAGE,
    },
    'http.put': {
      sink: 'egress',
      url: 'resource',
      args: SENT_WITH_BODY,
      intent: { does: ['put', 'send', 'upload', 'publish', 'store', 'update', 'replace'] },
      object: { does: ['read', 'write'], ...URL, content: ['/query', '/headers', '/body'] },
      result: PAGE,
    },
    'http.patch': {
      sink: 'egress',
      url: 'resource',
      args: SENT_WITH_BODY,
      intent: { does: ['patch', 'send', 'update', 'change', 'edit'] },
      object: { does: ['read', 'append'], ...URL, content: ['/query', '/headers', '/body'] },
      result: PAGE,
    },
    'http.delete': {
      sink: ['egress', 'destructive'],
      url: 'resource',
      args: SENT,
      intent: { does: ['delete', 'remove'] },
      object: { does: ['read', 'delete'], ...URL },
      result: PAGE,
    },

    'proc.exec': {
      sink: 'destructive',
      // What runs, and on what: an argument is a command to somebody.
      args: {
        resource: 'selector',
        '/args/*': 'selector',
        '/cwd': 'selector',
        '/env/*': 'selector',
        '/stdin': 'payload',
      },
      intent: { does: ['run', 'execute', 'start', 'call', 'build', 'test', 'install'] },
      // What a program prints may be anything that it read.
      result: {
        fields: {
          exit_code: 'platform',
          signal: 'platform',
          limit: 'platform',
          truncated: 'platform',
          stdout: 'free',
          stderr: 'free',
        },
      },
    },
  },
} as const;
