import { ShapeError, TesseraError } from '@tessera-nn/core';
import { itOnOneBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { tellError, toldError } from './told-error.js';

/** Known on both sides, as those of a package that both have loaded. */
class FileError extends TesseraError {
  static {
    this.named('FileError');
  }
}

/** Known on one side alone. */
class FarError extends TesseraError {
  override name = 'FarError';
}

describe('An error that goes through a port', () => {
  const through = (error: unknown) => toldError(structuredClone(tellError(error)));

  itOnOneBackend('is of its class, with its fields, its stack and what caused it', () => {
    const error = new ShapeError('no', { path: 'net.fc', hint: 'look', cause: new RangeError('far') });
    const told = through(error);
    expect(told).to.be.instanceOf(ShapeError).and.include({ path: 'net.fc', hint: 'look', message: error.message });
    expect(told.stack).to.equal(error.stack);
    expect(told.cause).to.be.instanceOf(RangeError).with.property('message', 'far');
  });

  itOnOneBackend('is of the class of another package, or of the language', () => {
    expect(through(new FileError('gone', { path: 'a' })))
      .to.be.instanceOf(FileError)
      .and.include({ path: 'a' });
    expect(through(new AggregateError([], 'all'))).to.be.instanceOf(AggregateError);
    expect(through(Object.assign(new Error('x'), { name: 'Object' }))).to.be.instanceOf(Error);
  });

  itOnOneBackend('is one of ours where its class is not known, and else an Error of its name', () => {
    const told = through(new FarError('gone', { path: 'a' }));
    expect(told).to.be.instanceOf(TesseraError).and.include({ name: 'FarError', path: 'a' });
    class Own extends Error {
      override name = 'Own';
    }
    expect(through(new Own('x'))).to.not.be.instanceOf(TesseraError);
    expect(through(new Own('x'))).to.include({ name: 'Own', message: 'x' });
    expect(through('a text')).to.include({ name: 'Error', message: 'a text' });
  });
});
