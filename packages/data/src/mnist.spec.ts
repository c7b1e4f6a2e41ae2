import { DataError, ValueError } from '@tessera-nn/core';
import { expect } from 'chai';
import { loadMnist } from './mnist.js';
import type { MnistProgress } from './mnist-options.js';

const int32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const images = (count: number, side = 28) =>
  Uint8Array.from([
    0,
    0,
    8,
    3,
    ...[count, side, side].flatMap(int32),
    ...new Array<number>(count * side * side).fill(51),
  ]);
const labels = (...values: number[]) => Uint8Array.from([0, 0, 8, 1, ...int32(values.length), ...values]);

const BASE = 'https://digits.test/mnist/';
const whole = () => ({
  'train-images-idx3-ubyte': images(3),
  'train-labels-idx1-ubyte': labels(0, 9, 5),
  't10k-images-idx3-ubyte': images(1),
  't10k-labels-idx1-ubyte': labels(7),
});

/** Puts a server of these files, below BASE, in the place of `fetch`, and notes what is asked of it. */
function serve(files: Record<string, Uint8Array<ArrayBuffer> | (() => Response | Promise<Response>)>): string[] {
  const asked: string[] = [];
  globalThis.fetch = async (input, init) => {
    const url = input as string;
    asked.push(url);
    init?.signal?.throwIfAborted();
    const file = url.startsWith(BASE) ? files[url.slice(BASE.length)] : undefined;
    if (typeof file === 'function') return file();
    if (file === undefined) return new Response('gone', { status: 404 });
    return new Response(file, { headers: { 'content-length': String(file.length) } });
  };
  return asked;
}

async function errorOf(promise: Promise<unknown>): Promise<DataError> {
  return promise.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error as DataError,
  );
}

const load = (options: Parameters<typeof loadMnist>[0] = {}) =>
  loadMnist({ url: BASE, cacheFolder: false, ...options });

async function refuses(files: Parameters<typeof serve>[0], ...parts: string[]): Promise<DataError> {
  serve(files);
  const error = await errorOf(load());
  expect(error).to.be.instanceOf(DataError);
  for (const part of parts) expect(error.message).to.include(part);
  return error;
}

describe('loadMnist', () => {
  const realFetch = globalThis.fetch;
  afterEach(() => {
    globalThis.fetch = realFetch;
  });

  it('gives images of one map with pixels from 0 to 1, and their labels', async () => {
    serve(whole());
    const { train, test } = await load();
    expect(train.shape).to.deep.equal([3, 1, 28, 28]);
    expect(test.shape).to.deep.equal([1, 1, 28, 28]);
    expect([...train.labels]).to.deep.equal([0, 9, 5]);
    expect([...test.labels]).to.deep.equal([7]);
    expect(new Set(train.data)).to.deep.equal(new Set([Math.fround(0.2)]));
  });

  it('asks for packed files first, and takes a base URL without its slash', async () => {
    const asked = serve(whole());
    await load({ url: BASE.slice(0, -1) });
    expect(asked.slice(0, 2)).to.deep.equal([`${BASE}train-images-idx3-ubyte.gz`, `${BASE}train-images-idx3-ubyte`]);
  });

  it('unpacks what it downloads', async () => {
    const packed = new Blob([images(3)]).stream().pipeThrough(new CompressionStream('gzip'));
    const { 'train-images-idx3-ubyte': _, ...others } = whole();
    serve({ ...others, 'train-images-idx3-ubyte.gz': new Uint8Array(await new Response(packed).arrayBuffer()) });
    expect((await load()).train.length).to.equal(3);
  });

  it('reports progress up to the whole of each file', async () => {
    serve(whole());
    const steps: MnistProgress[] = [];
    await load({ onProgress: (step) => steps.push(step) });
    for (const [file, { length }] of Object.entries(whole())) {
      const last = steps.filter((step) => step.file === file).at(-1);
      expect(last).to.deep.equal({ file, received: length, total: length });
    }
  });

  it('reports no total where the server tells none', async () => {
    serve({ ...whole(), 't10k-labels-idx1-ubyte': () => new Response(labels(7)) });
    const steps: MnistProgress[] = [];
    await load({ onProgress: (step) => steps.push(step) });
    expect(steps.at(-1)).to.deep.equal({ file: 't10k-labels-idx1-ubyte', received: 9, total: undefined });
  });

  it('unpacks no more than the header of a file says', async () => {
    const bomb = new Uint8Array(20_000_000);
    bomb.set(labels(7));
    const packed = new Blob([bomb]).stream().pipeThrough(new CompressionStream('gzip'));
    const bytes = await new Response(packed).arrayBuffer();
    const { 't10k-labels-idx1-ubyte': _, ...others } = whole();
    serve({ ...others, 't10k-labels-idx1-ubyte.gz': () => new Response(bytes) });
    const error = (await errorOf(load())) as Error;
    expect(error.message).to.contain('t10k-labels-idx1-ubyte.gz unpacks to more than it may');
    expect(error.message).to.contain('at most 9 bytes');
  });

  it('stops when onProgress throws', async () => {
    serve(whole());
    const stop = new Error('enough');
    expect(
      await errorOf(
        load({
          onProgress: () => {
            throw stop;
          },
        }),
      ),
    ).to.equal(stop);
  });

  it('does nothing once its signal is aborted', async () => {
    const asked = serve(whole());
    const reason = new Error('changed my mind');
    expect(await errorOf(load({ signal: AbortSignal.abort(reason) }))).to.equal(reason);
    expect(asked).to.deep.equal([]);
  });

  it('stops between two pieces of a download', async () => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (stream) => stream.enqueue(new Uint8Array(10)),
          start: (stream) => controller.signal.addEventListener('abort', () => stream.error(reason)),
        }),
      );
    serve({ ...whole(), 'train-images-idx3-ubyte.gz': endless });
    const loading = load({ signal: controller.signal, onProgress: () => controller.abort(reason) });
    expect(await errorOf(loading)).to.equal(reason);
  });

  it('checks checksums that it is given', async () => {
    serve(whole());
    const digest = await crypto.subtle.digest('SHA-256', labels(7));
    const right = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
    await load({ checksums: { 't10k-labels-idx1-ubyte': right.toUpperCase() } });

    const wrong = 'ab'.repeat(32);
    const error = await errorOf(load({ checksums: { 't10k-labels-idx1-ubyte': wrong } }));
    expect(error).to.be.instanceOf(DataError);
    expect(error.message).to.include(`${BASE}t10k-labels-idx1-ubyte is not the file it should be`);
    expect(error.message).to.include(`Expected SHA-256 ${wrong}, received ${right}`);
  });

  it('checks the published checksums at the default URL', async () => {
    globalThis.fetch = () => Promise.resolve(new Response(images(1)));
    const error = await errorOf(loadMnist({ cacheFolder: false }));
    expect(error.message).to.include('https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz is not');
    expect(error.message).to.include('Expected SHA-256 440fcabf');
  });

  it('refuses checksums of files it does not know', async () => {
    const error = await errorOf(load({ checksums: { 'train-image-idx3-ubyte': 'ab' } }));
    expect(error).to.be.instanceOf(ValueError);
    expect(error.message).to.include('Did you mean train-images-idx3-ubyte?');
  });

  it('refuses a folder and a url at once', async () => {
    expect(await errorOf(load({ folder: 'here' }))).to.be.instanceOf(ValueError);
  });

  it('names the file that is not on the server', async () => {
    const { 'train-labels-idx1-ubyte': _, ...others } = whole();
    await refuses(others, `There is no train-labels-idx1-ubyte at ${BASE}`, '404', 'base URL');
  });

  it('takes a web page in place of a file for none', async () => {
    const page = () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html; charset=utf-8' } });
    const name = 't10k-labels-idx1-ubyte';
    await refuses({ ...whole(), [name]: page, [`${name}.gz`]: page }, `There is no ${name}`, 'web page');
  });

  it('tells what else the server answers', async () => {
    const busy = () => new Response('', { status: 503, statusText: 'Service Unavailable' });
    const error = await refuses(
      { 'train-images-idx3-ubyte.gz': busy },
      'cannot be downloaded. Expected HTTP status 200, received 503 Service Unavailable.',
    );
    expect(error.path).to.equal(`${BASE}train-images-idx3-ubyte.gz`);
  });

  it('tells when the server cannot be reached, and why', async () => {
    const cause = new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND digits.test') });
    const error = await refuses(
      { 'train-images-idx3-ubyte.gz': () => Promise.reject(cause) },
      'cannot be reached',
      'ENOTFOUND',
      'other origins',
    );
    expect(error.cause).to.equal(cause);
  });

  it('tells when a download breaks off', async () => {
    let pieces = 0;
    const broken = () =>
      new Response(
        new ReadableStream({
          pull: (stream) => (pieces++ < 2 ? stream.enqueue(new Uint8Array(10)) : stream.error(new Error('reset'))),
        }),
        { headers: { 'content-length': '1000' } },
      );
    await refuses(
      { 'train-images-idx3-ubyte.gz': broken },
      'broke off. Expected 1000 bytes, received 20 bytes (reset)',
    );
  });

  it('refuses other counts of images and labels', async () => {
    await refuses(
      { ...whole(), 'train-labels-idx1-ubyte': labels(0, 1) },
      'train-labels-idx1-ubyte does not belong to',
      'Expected 3 labels, one per image, received 2',
    );
  });

  it('refuses labels that are not digits', async () => {
    await refuses(
      { ...whole(), 'train-labels-idx1-ubyte': labels(0, 1, 10) },
      'Label 2 of',
      'train-labels-idx1-ubyte is not a digit. Expected 0 to 9, received 10.',
    );
  });

  it('refuses images of another size', async () => {
    await refuses(
      { ...whole(), 't10k-images-idx3-ubyte': images(1, 32) },
      't10k-images-idx3-ubyte holds something else',
      'Expected uint8 of shape [count, 28, 28]',
      'received uint8 of shape [1, 32, 32]',
    );
  });

  it('refuses interchanged files', async () => {
    await refuses(
      { ...whole(), 'train-images-idx3-ubyte': labels(0, 1, 2) },
      'received uint8 of shape [3]',
      'interchanged',
    );
  });

  it('refuses files without samples', async () => {
    await refuses({ ...whole(), 't10k-images-idx3-ubyte': images(0) }, 'a count of at least 1', 'shape [0, 28, 28]');
  });

  it('refuses files that are cut off or foreign', async () => {
    await refuses({ ...whole(), 'train-images-idx3-ubyte': images(3).subarray(0, 1000) }, 'is cut off');
    await refuses({ ...whole(), 'train-images-idx3-ubyte': Uint8Array.of(1, 2, 3, 4) }, 'is not an IDX file');
  });
});
