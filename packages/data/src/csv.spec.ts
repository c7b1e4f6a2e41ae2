import { DataError, ValueError } from '@tessera-nn/core';
import { expect } from 'chai';
import { csvDataset } from './csv.js';

describe('csvDataset', () => {
  it('reads numbers and labels by name, and numbers words in the order of the alphabet', () => {
    const { dataset, columns, classes } = csvDataset('width,kind,height\r\n1.5,oak,2\r\n-1e2, elm ,0\r\n3,oak,4\r\n', {
      label: 'kind',
    });
    expect([columns, classes]).to.deep.equal([
      ['width', 'height'],
      ['elm', 'oak'],
    ]);
    expect([[...dataset.data], dataset.shape, [...dataset.labels]]).to.deep.equal([
      [1.5, 2, -100, 0, 3, 4],
      [3, 2],
      [1, 0, 1],
    ]);
  });

  it('leaves whole numbers what they are, without a header and with other delimiters', () => {
    const { dataset, columns, classes } = csvDataset('1;2;0\n3;4;2', { header: false, delimiter: ';' });
    expect([...dataset.labels]).to.deep.equal([0, 2]);
    expect([columns, classes]).to.deep.equal([
      ['0', '1'],
      ['0', '1', '2'],
    ]);
    expect([...csvDataset('7,1\n9,2\n', { header: false, label: 0 }).dataset.labels]).to.deep.equal([7, 9]);
  });

  it('reads quoted fields with delimiters, quotes and ends of lines in them', () => {
    const { classes } = csvDataset('x,kind\n"1","a ""b"", c\nd"\n2,e\n');
    expect(classes).to.deep.equal(['a "b", c\nd', 'e']);
  });

  it('says which line and column is wrong', () => {
    const refuse = (text: string, says: string, options = {}) =>
      expect(() => csvDataset(text, options)).to.throw(DataError, says);
    refuse('x,y\n1,2\nz,3\n', 'line 3 has no number in column x. Expected a finite number, received "z"');
    refuse('x,y\n,2\n', 'line 2 has no number in column x');
    refuse('x,y\n1,2,3\n', 'line 2 has another number of fields');
    refuse('x,y\n', 'no samples');
    refuse('x,y\n"1,2\n', 'does not end');
    expect(() => csvDataset('x,y\n1,2\n', { label: 'z' })).to.throw(ValueError, 'Expected x, y, received z');
  });
});
