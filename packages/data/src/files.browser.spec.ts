import { expect } from 'chai';
import { files } from './files.browser.js';

describe('files of a browser', () => {
  const realFetch = globalThis.fetch;
  const asked: string[] = [];
  beforeEach(() => {
    asked.length = 0;
    globalThis.fetch = (input) => {
      const { href } = new URL(input as string, 'https://page.test/');
      asked.push(href);
      return Promise.resolve(href.endsWith('there') ? new Response('abc') : new Response('', { status: 404 }));
    };
  });
  afterEach(() => {
    globalThis.fetch = realFetch;
  });

  it('are read below a base URL, with or without a slash at its end', async () => {
    expect(await files.read('data/mnist', 'there')).to.deep.equal(Uint8Array.of(97, 98, 99));
    expect(await files.read('data/mnist/', 'there')).to.have.length(3);
    expect(asked).to.deep.equal(['https://page.test/data/mnist/there', 'https://page.test/data/mnist/there']);
  });

  it('are undefined where there are none', async () => {
    expect(await files.read('data', 'nothing')).to.equal(undefined);
  });

  it('are not kept', () => {
    expect(files.cache).to.equal(undefined);
  });
});
