import type { Operator } from './operator.js';
import { activationOperators } from './ops/activations.js';
import { arithmeticOperators } from './ops/arithmetic.js';
import { convolutionOperators } from './ops/convolutions.js';
import { indexOperators } from './ops/indices.js';
import { linearOperators } from './ops/linear.js';
import { logicOperators } from './ops/logic.js';
import { movementOperators } from './ops/movements.js';
import { normOperators } from './ops/norms.js';
import { poolingOperators } from './ops/poolings.js';
import { reductionOperators } from './ops/reductions.js';
import { resizeOperators } from './ops/resizes.js';
import { shapeOperators } from './ops/shapes.js';

/** How each operator of ONNX is read, by its name. An operator is one entry of its family. */
export const operators: Readonly<Record<string, Operator>> = {
  ...activationOperators,
  ...arithmeticOperators,
  ...convolutionOperators,
  ...indexOperators,
  ...linearOperators,
  ...logicOperators,
  ...movementOperators,
  ...normOperators,
  ...poolingOperators,
  ...reductionOperators,
  ...resizeOperators,
  ...shapeOperators,
};
