import { expect } from 'chai';
import { BackendError, ContainerError, ModuleError, nearestName, ShapeError, TesseraError } from './errors.js';

describe('TesseraError', () => {
  it('says what happened, what was expected, what came and what to do, each as a sentence', () => {
    const error = new ShapeError('Linear "net.fc": the input does not fit', {
      path: 'net.fc',
      expected: '[batch, 10]',
      received: '[4, 12]',
      hint: 'Use new Linear(12, 5)',
    });
    expect(error.message).to.equal(
      'Linear "net.fc": the input does not fit. Expected [batch, 10], received [4, 12]. Use new Linear(12, 5).',
    );
  });

  it('keeps every part as a field for programs', () => {
    const details = { path: 'net.fc', expected: 'a', received: 'b', hint: 'c', cause: new TypeError('d') };
    const error = new ShapeError('summary', details);
    expect({ ...error, cause: error.cause }).to.deep.include({ summary: 'summary', ...details });
    expect(new ShapeError('summary')).to.include({ path: undefined, expected: undefined, hint: undefined });
    expect(new ShapeError('summary')).not.to.have.own.property('cause');
  });

  it('leaves out what is not known', () => {
    const message = (details: ConstructorParameters<typeof TesseraError>[1]) => new TesseraError('No', details).message;
    expect(message({})).to.equal('No.');
    expect(message({ expected: 'one' })).to.equal('No. Expected one.');
    expect(message({ received: 'two' })).to.equal('No. Received two.');
    expect(message({ hint: 'Try three' })).to.equal('No. Try three.');
  });

  it('puts no second point behind a sentence that has its own', () => {
    const error = new TesseraError('Really?', { received: '"a."', hint: 'Did you mean "b"?' });
    expect(error.message).to.equal('Really? Received "a.". Did you mean "b"?');
    expect(new TesseraError('Stop!', { hint: 'Done.' }).message).to.equal('Stop! Done.');
  });

  it('has the name of its class and the classes above it', () => {
    const error = new ContainerError('summary');
    expect(error.name).to.equal('ContainerError');
    expect(String(error)).to.equal('ContainerError: summary.');
    for (const type of [ModuleError, TesseraError, Error]) expect(error).to.be.instanceOf(type);
    expect(error).not.to.be.instanceOf(BackendError);
  });

  it('is put into the places it travelled through, outermost first, and keeps its type and fields', () => {
    const error = new ShapeError('summary', { path: 'net.fc' });
    expect(error.within('module 2 "fc"').within('module 0 "net"')).to.equal(error);
    expect(error.message).to.equal('module 0 "net":\nmodule 2 "fc":\nsummary.');
    expect(error.name).to.equal('ShapeError');
    expect(error.summary).to.equal('summary');
    expect(error.path).to.equal('net.fc');
  });

  it('begins its stack, which is what Node prints, with the name of its class', () => {
    expect(new ShapeError('No').stack!.split('\n')[0]).to.equal('ShapeError: No.');
  });

  it('has its message in its stack, which Firefox and Safari leave out', () => {
    expect(new ShapeError('summary').stack).to.match(/Error: summary\.\n/);
  });

  it('shows those places in its stack, which is what consoles print', () => {
    const error = new ShapeError('summary $& $1').within('module 2 "fc"');
    expect(error.stack).to.contain('module 2 "fc":\nsummary $& $1.');
    expect(error.stack!.split('\n')).to.have.length.above(3); // and the frames, which each engine writes in its own way
  });
});

describe('nearestName', () => {
  const known = ['conv1', 'conv2', 'batchNorm', 'fc'];

  it('finds the name with the fewest letters to change', () => {
    expect(nearestName('con1', known)).to.equal('conv1');
    expect(nearestName('conv22', known)).to.equal('conv2');
    expect(nearestName('bathcNrom', known)).to.equal('batchNorm');
  });

  it('takes no notice of capitals', () => {
    expect(nearestName('BATCHNORM', known)).to.equal('batchNorm');
  });

  it('takes the first of two that are equally near', () => {
    expect(nearestName('conv', known)).to.equal('conv1');
    expect(nearestName('conv', [...known].reverse())).to.equal('conv2');
  });

  it('takes short words that begin otherwise for other words', () => {
    expect(nearestName('gelu', ['relu'])).to.equal(undefined);
    expect(nearestName('rlu', ['relu'])).to.equal('relu');
  });

  it('compares no endless names, as damaged files have', () => {
    const name = 'a'.repeat(200);
    expect(nearestName(`${name.slice(1)}b`, [name])).to.equal(name);
    expect(nearestName(`${name}b`, [name])).to.equal(undefined);
    expect(nearestName(name, [`${name}b`])).to.equal(undefined);
  });

  it('finds none where more than half of a word would change', () => {
    expect(nearestName('dropout', known)).to.equal(undefined);
    expect(nearestName('abcdefgh', ['abcdXXXX'])).to.equal('abcdXXXX');
    expect(nearestName('abcdefgh', ['abcXXXXX'])).to.equal(undefined);
    expect(nearestName('x', [])).to.equal(undefined);
  });
});
