import { fromBlueprint, ShapeError, Variable } from '@tessera-nn/core';
import { backendName, goldenSpec, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './dense-block.golden.js';
import { DenseBlock } from './dense-block.js';

const ofLayer = (layer: number) => ({
  [`norm1_weight_${layer}`]: `denselayer${layer}.norm1.scale`,
  [`norm1_bias_${layer}`]: `denselayer${layer}.norm1.bias`,
  [`conv1_${layer}`]: `denselayer${layer}.conv1.W`,
  [`norm2_weight_${layer}`]: `denselayer${layer}.norm2.scale`,
  [`norm2_bias_${layer}`]: `denselayer${layer}.norm2.bias`,
  [`conv2_${layer}`]: `denselayer${layer}.conv2.W`,
});

goldenSpec('DenseBlock', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ growth }: { growth: number }) => new DenseBlock({ inmaps: 3, growth, layers: 2, bottleneck: 2 }),
  parameters: { ...ofLayer(1), ...ofLayer(2) },
  tolerance: { relative: 1e-4, ofLargest: 1e-5 },
});

describe(`DenseBlock beside its numbers [${backendName}]`, () => {
  onBackend();

  it('adds maps with each layer, and comes back from its blueprint', () => {
    const block = new DenseBlock({ inmaps: 8, growth: 4, layers: 3, dropout: 0.5, name: 'block' });
    expect(block.dataShapeFrom([2, 8, 5, 6])).to.deep.equal([2, 20, 5, 6]);
    const copy = fromBlueprint<DenseBlock>(block.getBlueprint(), [DenseBlock]);
    expect(String(copy)).to.equal(String(block));
    expect([...copy.parameters()].length).to.equal(18);
  });

  it('drops behind its layers, in train mode alone', async () => {
    const block = new DenseBlock({ inmaps: 1, growth: 1, layers: 1, dropout: 1 });
    const x = new Variable([1, 2, 3, 4], { shape: [1, 1, 2, 2] });
    expect([...(await block.forward(x).values())]).to.deep.equal([1, 2, 3, 4, 0, 0, 0, 0]);
    expect((await block.evalMode().forward(x).values()).slice(4).some((value) => value !== 0)).to.equal(true);
  });

  it('refuses images of other maps', () => {
    expect(() => new DenseBlock(3, 2, 1).forward(new Variable([1], { shape: [1, 1, 1, 1] }))).to.throw(
      ShapeError,
      '[1, 1, 1, 1] has 1 maps',
    );
  });
});
