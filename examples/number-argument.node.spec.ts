import { expect } from 'chai';
import { readdir, readFile } from 'node:fs/promises';
import { numberFrom } from './number-argument.js';

describe('The numbers that examples are started with', () => {
  it('are whole and large enough, and else not taken for others', () => {
    expect([' 7 ', '1e2', '0x10'].map((text) => numberFrom(text, { from: 1 }))).to.deep.equal([7, 100, 16]);
    for (const text of ['abc', '', ' ', '2.5', '0', '-3', 'NaN', 'Infinity', '1e400', '4 5']) {
      expect(numberFrom(text, { from: 1 }), text).to.equal(undefined);
    }
    const fractions = (text: string) => numberFrom(text, { from: 0, fractions: true });
    expect(['2.5', '0', '-1', 'Infinity'].map(fractions)).to.deep.equal([2.5, 0, undefined, undefined]);
  });

  it('are read in one place by every example', async () => {
    for (const file of await readdir(import.meta.dirname, { recursive: true })) {
      if (!file.endsWith('.ts') || file.includes('node_modules')) continue;
      const text = await readFile(new URL(file, import.meta.url), 'utf8');
      expect(text, file).to.not.match(/Number\((process\.argv|values\.)/);
    }
  });
});
