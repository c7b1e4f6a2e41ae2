export interface SumAttrs {
  /** The axes that are summed away, ascending; keepDims keeps them with size 1. */
  axes: readonly number[];
  keepDims: boolean;
}
