import type { LayerRow } from '../row.js';

export const embeddingRows: Readonly<Record<string, LayerRow>> = {
  Embedding: {
    weights: [['embeddings']],
    make: ({ options, weight, rank }) => {
      options.refuse('mask_zero');
      const { shape, values } = weight('embeddings', 2);
      const [numEmbeddings, embeddingDim] = shape as [number, number];
      const part = { className: 'Embedding', options: { numEmbeddings, embeddingDim }, values: { W: values } };
      return { parts: [part], rank: rank + 1, order: 'back' };
    },
  },
};
