import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { formatInConsole } from './console-formatter.js';
import { scope } from './memory/scope.js';
import { Variable } from './variable/variable.js';

interface Formatter {
  header(value: unknown): [string, object, string] | null;
  hasBody(value: unknown): boolean;
}
const page = globalThis as { devtoolsFormatters?: Formatter[] };

describe(`The console of a page [${backendName}]`, () => {
  onBackend();
  let before: Formatter[] | undefined;
  beforeEach(() => (before = page.devtoolsFormatters));
  afterEach(() => {
    if (before) page.devtoolsFormatters = before;
    else delete page.devtoolsFormatters;
  });

  it('is told once how to show what is ours, beside what others have told it', () => {
    const other: Formatter = { header: () => null, hasBody: () => false };
    page.devtoolsFormatters = [other];
    formatInConsole();
    formatInConsole();
    expect(page.devtoolsFormatters).to.have.length(2).and.include(other);
  });

  it('shows a Variable as numbers, a released one by name, and leaves the rest to itself', async () => {
    delete page.devtoolsFormatters;
    formatInConsole();
    const [formatter] = page.devtoolsFormatters!;
    const shown = (value: unknown) => formatter!.header(value)?.[2];
    const x = new Variable([[1, -2.5]]);
    await x.values();
    expect(shown(x)).to.equal('[[ 1.  -2.5]]');
    let inner!: Variable;
    scope(() => void (inner = new Variable([1, 2])));
    expect(shown(inner)).to.equal('Variable [2] float32, released');
    for (const foreign of [undefined, null, 3, 'x', {}, [1], () => 1]) expect(shown(foreign)).to.equal(undefined);
    expect(formatter!.hasBody(x)).to.equal(false);
  });
});
