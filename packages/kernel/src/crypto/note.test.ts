import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateSigningKey, rawPublicKey } from './ed25519.ts';
import { decodeVerifierKey, noteVerifier, openNote, signNote } from './note.ts';

// The published example of the note format.
const KNOWN_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const KNOWN_NOTE =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n" +
  '\n' +
  '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

const key = generateSigningKey();
const name = 'portcullis/test';
const signer = { name, key };
const verifier = noteVerifier(name, key.publicKey);

describe('signed notes', () => {
  it('opens a note that another implementation signed', () => {
    const known = decodeVerifierKey(KNOWN_KEY);
    expect(known).toBeDefined();
    if (known === undefined) return;
    expect(openNote(KNOWN_NOTE, known)).toBe(KNOWN_NOTE.slice(0, KNOWN_NOTE.indexOf('\n\n') + 1));
    expect(openNote(KNOWN_NOTE.replace('think', 'thing'), known)).toBeUndefined();
    expect(known.name).toBe('PeterNeumann');
    expect(rawPublicKey(known.publicKey).toString('base64')).toBe(
      'GlzZBxQ8OExB6DDFvOEqqIF+xWSaqr8sMTiLNbLXRNY=',
    );
  });

  it('opens what it signed, and nothing that one character changed', () => {
    const note = signNote('one\ntwo\n', signer);
    expect(openNote(note, verifier)).toBe('one\ntwo\n');
    for (let i = 0; i < note.length; i++) {
      for (const other of ['x', 'A', '\n', ' ', '=']) {
        if (note[i] === other) continue;
        const changed = note.slice(0, i) + other + note.slice(i + 1);
        expect(openNote(changed, verifier), `at ${i}`).toBeUndefined();
      }
      expect(openNote(note.slice(0, i) + note.slice(i + 1), verifier)).toBeUndefined();
    }
  });

  it('refuses another name, another key, and signatures beside its own', () => {
    const note = signNote('text\n', signer);
    const other = generateSigningKey();
    expect(openNote(note, noteVerifier(name, other.publicKey))).toBeUndefined();
    expect(openNote(note, noteVerifier('other', key.publicKey))).toBeUndefined();
    const witness = signNote('text\n', { name: 'witness', key: other });
    const witnessed = note + witness.slice(witness.indexOf('\n\n') + 2);
    expect(openNote(witnessed, verifier)).toBeUndefined();
    expect(openNote(witnessed, verifier, { witnessed: true })).toBe('text\n');
    const forged = note
      .slice(note.indexOf('\n\n') + 2)
      .replace(/.=\n$/, (end) => (end.startsWith('A') ? 'E=\n' : 'A=\n'));
    const doubled = note + forged;
    expect(openNote(doubled, verifier, { witnessed: true })).toBeUndefined();
  });

  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(openNote(text, verifier)).toBeUndefined();
        expect(openNote(`${text}\n\n\u2014 ${name} AAAA\n`, verifier)).toBeUndefined();
      }),
    );
    expect(openNote(`${'a'.repeat(1_000_000)}\n`, verifier)).toBeUndefined();
  });

  it('has names without white space and plus only', () => {
    for (const bad of ['', 'a b', 'a+b', 'a\nb', 'a\u2003b']) {
      expect(() => noteVerifier(bad, key.publicKey)).toThrow();
    }
    for (const bad of ['', 'x', KNOWN_KEY.replace('c74f20a3', 'c74f20a4'), `${KNOWN_KEY}=`]) {
      expect(decodeVerifierKey(bad)).toBeUndefined();
    }
    expect(() => signNote('no break', signer)).toThrow();
  });
});
