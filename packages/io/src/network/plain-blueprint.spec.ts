import { DataError } from '@tessera-nn/core';
import { expect } from 'chai';
import { blueprintText, parseBlueprint } from './plain-blueprint.js';

const through = (option: unknown) =>
  parseBlueprint(blueprintText({ className: 'A', options: { option } }), 'f').options.option;

describe('blueprints as text', () => {
  it('keep numbers that JSON has not', () => {
    for (const value of [NaN, Infinity, -Infinity, -0, 0, 1.5]) {
      expect(through(value), String(value)).to.satisfy((back: unknown) => Object.is(back, value));
      expect(through([{ a: value }])).to.deep.equal([{ a: value }]);
    }
  });

  it('leave out what is undefined and keep everything else', () => {
    const options = { a: null, b: [true, 'ü"\n', { c: [] }], d: undefined };
    const text = blueprintText({ className: 'A', options, modules: { x: { className: 'B', options: {} } } });
    const { d: _, ...kept } = options;
    expect(parseBlueprint(text, 'f')).to.deep.equal({
      className: 'A',
      options: kept,
      modules: { x: { className: 'B', options: {} } },
    });
  });

  for (const text of [
    '',
    'null',
    '[]',
    '1',
    '{"className":1,"options":{}}',
    '{"className":"A"}',
    '{"className":"A","options":{},"sameAs":1}',
    '{"className":"A","options":{},"shared":{"a":1}}',
  ]) {
    it(`are not made of ${JSON.stringify(text)}`, () => {
      expect(() => parseBlueprint(text, 'net.safetensors')).to.throw(DataError, 'net.safetensors holds a blueprint');
    });
  }

  it('name the module of them that is none', () => {
    const text = '{"className":"A","options":{},"modules":{"x":{"className":"B","options":[]}}}';
    expect(() => parseBlueprint(text, 'f')).to.throw(DataError, '"x" in the network');
  });
});
