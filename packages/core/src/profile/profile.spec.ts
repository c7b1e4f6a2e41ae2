import { AutogradError, launcher, ValueError } from '@tessera-nn/kernels';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Module } from '../module/module.js';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';
import { profile } from './profile.js';
import { Profile } from './report.js';

class Scale extends Module {
  static override readonly className = 'Scale';
  readonly factor = parameter([2, 3]);

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(x: Variable): Variable {
    return x.mul(this.factor);
  }
}

class Outer extends Module {
  static override readonly className = 'Outer';
  readonly inner = new Scale();

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(x: Variable): Variable {
    return this.inner.forward(x).sum();
  }
}

const refusalOf = (work: () => unknown) =>
  profile(work).then(
    () => undefined,
    (error: unknown) => error,
  );

describe(`profile [${backendName}]`, () => {
  onBackend();

  it('names module, op and kernel of what ran, forward and backward, and leaves the result as it is', async () => {
    const net = new Outer('net');
    const step = () => net.forward([[1, 2]]).backward();
    step();
    net.zeroGrad();
    const report = await profile(step);
    expect([...(await net.inner.factor.grad!.data())]).to.deep.equal([1, 2]);
    const places = report.rows().map(({ module, op, kernel }) => `${module}|${op}|${kernel}`);
    expect(places).to.include.members([
      ...['||', 'net||', 'net|sum|Sum', 'net.inner||', 'net.inner|mul|', 'net.inner|mul|Multiply'],
      ...['net.inner|gradient of mul: mul|Multiply', 'net|gradient of sum|'],
    ]);
    const draws = report.spans.filter(({ kind }) => kind === 'draw').map(({ kernel }) => kernel);
    if (backendName === 'webgl' && launcher()) expect(draws).to.include('Multiply').and.not.include('');
    else expect(draws).to.deep.equal([]);
    net.dispose();
  });

  it('gives each moment to one row, so that they add up to the whole', async () => {
    const x = new Variable([1, 2]);
    const report = await profile(() => x.mul(2).exp().sum());
    const [whole, ...others] = report.spans;
    const sum = report.rows().reduce((total, { ms }) => total + ms, 0);
    expect(sum).to.be.closeTo(
      report.spans.reduce((total, { ms }) => total + ms, 0),
      1e-9,
    );
    expect(sum).to.be.at.most(whole!.end + 1e-9);
    for (const { start, end, ms, deviceMs } of others) {
      expect(start).to.be.within(0, end);
      expect(end).to.be.at.most(whole!.end);
      expect(ms).to.be.at.least(0);
      expect(deviceMs).to.be.at.least(0);
    }
    expect(report.timing === 'none').to.equal(backendName !== 'webgl');
  });

  if (backendName === 'webgl') {
    it('reads back where the browser has no timer queries', async () => {
      const { gl } = launcher()!.backend.gpgpu as unknown as { gl: WebGL2RenderingContext };
      const x = new Variable([1, 2]);
      gl.getExtension = () => null;
      try {
        const report = await profile(() => x.mul(2));
        expect(report.timing).to.equal('read back');
        expect(report.spans.find(({ kind }) => kind === 'draw')!.deviceMs).to.be.greaterThan(0);
      } finally {
        delete (gl as { getExtension?: unknown }).getExtension;
      }
      expect([...(await x.mul(2).data.data())]).to.deep.equal([2, 4]);
    });
  }

  it('watches no longer than its function runs, also when that throws', async () => {
    const x = new Variable([1]);
    const report = await profile(() => x.mul(2));
    const { length } = report.spans;
    x.mul(2);
    expect(report.spans.length).to.equal(length);
    const thrown = new Error('mine');
    expect(
      await refusalOf(() => {
        throw thrown;
      }),
    ).to.equal(thrown);
    expect((await profile(() => x.mul(2))).spans.length).to.equal(length);
  });

  it('refuses what is not a synchronous function, and one in which another is profiled', async () => {
    expect(await refusalOf(() => Promise.resolve()))
      .to.be.instanceOf(AutogradError)
      .with.property('message')
      .that.includes('profile was given an asynchronous function');
    expect(await refusalOf(1 as never)).to.be.instanceOf(ValueError);
    let inner: Promise<unknown> | undefined;
    await profile(() => {
      inner = refusalOf(() => 1);
    });
    expect(await inner)
      .to.be.instanceOf(AutogradError)
      .with.property('message')
      .that.includes('inside of what is profiled');
  });
});

describe('a profile', () => {
  const conv = { module: 'net.0', op: 'conv2d' };
  const spans = [
    { kind: 'all', name: '', module: '', op: '', kernel: '', start: 0, end: 10, ms: 3, deviceMs: 0 },
    { kind: 'op', name: 'conv2d', ...conv, kernel: '', start: 1, end: 6, ms: 1, deviceMs: 0 },
    { kind: 'kernel', name: 'Conv2D', ...conv, kernel: 'Conv2D', start: 2, end: 5, ms: 2, deviceMs: 0 },
    { kind: 'draw', name: 'a shader', ...conv, kernel: 'Conv2D', start: 3, end: 4, ms: 1, deviceMs: 4 },
    { kind: 'draw', name: 'a shader', ...conv, kernel: 'Conv2D', start: 4, end: 5, ms: 1, deviceMs: 2 },
    { kind: 'kernel', name: 'Adam', module: '', op: '', kernel: 'Adam', start: 7, end: 8, ms: 0.01, deviceMs: 0.02 },
  ] as const;

  it('prints as a table, the longest first and the short ones together', () => {
    expect(String(new Profile(spans, 'timer query')).split('\n')).to.deep.equal([
      'module    op      kernel  calls  draws     ms  device ms',
      'net.0     conv2d  Conv2D      1      2  4.000      6.000',
      '-         -       -           1      0  3.000      0.000',
      'net.0     conv2d  -           1      0  1.000      0.000',
      '1 others                      1      0  0.010      0.020',
      'all                           4      2  8.010      6.020',
    ]);
    expect(String(new Profile(spans.slice(0, 2), 'none')).split('\n')).to.deep.equal([
      'module  op      kernel  calls     ms',
      '-       -       -           1  3.000',
      'net.0   conv2d  -           1  1.000',
      'all                         2  4.000',
    ]);
  });

  it('is a trace that browsers show, the device beside the processor and one thing after the other', () => {
    const { traceEvents } = new Profile(spans, 'read back').toTrace();
    expect(traceEvents.filter(({ tid }) => tid === 1).length).to.equal(spans.length);
    const device = traceEvents.filter(({ tid }) => tid === 2).map(({ name, ts, dur }) => ({ name, ts, dur }));
    expect(device).to.deep.equal([
      { name: 'a shader', ts: 3000, dur: 4000 },
      { name: 'a shader', ts: 7000, dur: 2000 },
      { name: 'Adam', ts: 9000, dur: 20 },
    ]);
    expect(traceEvents[1]).to.deep.equal({
      ...{ name: 'conv2d', cat: 'op', ph: 'X', ts: 1000, dur: 5000, pid: 1, tid: 1 },
      args: conv,
    });
    expect(JSON.parse(JSON.stringify(traceEvents))).to.deep.equal(traceEvents);
  });
});
