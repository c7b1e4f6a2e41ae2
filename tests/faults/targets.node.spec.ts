// What a stranger may ask a server of ours for: it must answer, and live on.
import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import path from 'node:path';
import { RandomStream } from '@tessera-nn/core';
import { timesOr } from '@tessera-nn/testing';

const REPOSITORY = path.resolve(import.meta.dirname, '../..');
const KNOWN = [
  ...['//', '///', '//?', '//#', '//:', '//[', '//[::1', '//@', '//%', '//a:99999', '//a:b', '/\\', '\\\\'],
  ...['http://', 'http://[', 'http://a:99999/', 'http:', 'https://%/', '*', '?', '#', '.', '..', '/..', '/%', '/%00'],
  ...['/wasm', '/wasm/', '/wasm/.', '/wasm/kernels', '/wasm/..%2f', '/data/', '/data/..', `/${'a'.repeat(9000)}`],
];
const PIECES = [
  '/',
  '//',
  '\\',
  ':',
  '@',
  '[',
  ']',
  '%',
  '%00',
  '..',
  '?',
  '#',
  'http:',
  'wasm',
  'data',
  '.wasm',
  '99999',
];

describe('The servers of the examples and of the tests', function () {
  this.timeout(120_000 + 200 * timesOr(100));

  const targets = [...KNOWN];
  const stream = new RandomStream(4);
  for (let i = 0; i < timesOr(100); i++) {
    targets.push(Array.from({ length: 1 + stream.integer(5) }, () => PIECES[stream.integer(PIECES.length)]).join(''));
  }

  it('answer every target of a request to the page that learns digits', async () => {
    const child = spawn(process.execPath, ['examples/mnist-web/serve.mjs', '--port', '0'], { cwd: REPOSITORY });
    try {
      await answersAll(await portOf(child));
      expect(child.exitCode).to.equal(null);
    } finally {
      child.kill();
    }
  });

  it('answer every target of a request to the page of the specs', async () => {
    const script = path.join(REPOSITORY, 'scripts/browser/serve.mjs');
    const { serve } = (await import(script)) as {
      serve: (options: object) => Promise<{ origin: string; close(): void }>;
    };
    const server = await serve({ page: '', files: new Map() });
    try {
      await answersAll(Number(new URL(server.origin).port));
    } finally {
      server.close();
    }
  });

  async function answersAll(port: number): Promise<void> {
    for (const target of targets) {
      const status = await statusOf(port, target);
      expect(status, target).to.match(/^HTTP\/1\.1 (200|204|400|404|431)/);
      if (target === '//') expect(status).to.contain('400');
    }
    expect(await statusOf(port, '/')).to.contain('200');
  }
});

/** The first line of the answer; clients of Node would tidy the target up. */
function statusOf(port: number, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    });
    socket.setTimeout(20_000, () => socket.destroy(new Error(`no answer to ${target}`)));
    socket.on('data', (data) => (answer += data.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer.split('\r\n')[0]!));
  });
}

function portOf(child: ChildProcess): Promise<number> {
  let printed = '';
  return new Promise((resolve, reject) => {
    const read = (data: Buffer) => {
      printed += data.toString();
      const port = /127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
      if (port) resolve(Number(port));
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
    child.on('close', () => reject(new Error(`the server ended: ${printed}`)));
  });
}
