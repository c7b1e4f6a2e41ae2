import type { AnyModule, Dtype, Variable } from '@tessera-nn/core';
import type { HostArray } from './host-array.js';
import type { NodeReading } from './node-reading.js';
import type { Value } from './value.js';

/** Plain data that says how an operation goes. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Brings a node of the file into the network by modules, and returns its results. */
export type Reader = (at: NodeReading) => Value | readonly Value[];

/**
 * An operator that is a function of Variables. It becomes an `Operation`, unless it has a module; of constants it is
 * computed at once.
 */
export interface FunctionOperator<Attrs extends Attributes = Attributes> {
  /** What the function needs to know besides its inputs, as plain data: attributes, and inputs that must be constant. */
  readonly attrs?: (at: NodeReading) => Attrs;
  /** What the function takes. Default: all inputs. */
  readonly inputs?: (at: NodeReading) => readonly Value[];
  /** Reads a node by modules, where they do what it does for what comes in. */
  readonly read?: (at: NodeReading) => Value | undefined;
  /** The module that does the same, where there is one for what comes in. */
  readonly module?: (attrs: Attrs, at: NodeReading) => AnyModule | undefined;
  readonly shape: (
    shapes: readonly (readonly number[])[],
    attrs: Attrs,
  ) => readonly number[] | readonly (readonly number[])[];
  readonly run: (inputs: readonly Variable[], attrs: Attrs) => Variable | readonly Variable[];
  /** The number type of the results. Default: that of the first input. */
  readonly dtype?: (dtypes: readonly Dtype[], attrs: Attrs) => Dtype;
  /** The same of numbers on the host, which may follow the batch; undefined where it cannot say. */
  readonly fold?: (inputs: readonly HostArray[], attrs: Attrs) => HostArray | readonly HostArray[] | undefined;
}

export type Operator = Reader | FunctionOperator;

/** An operator whose attributes are of some type, among those of any. */
export const operator = <Attrs extends Attributes>(made: FunctionOperator<Attrs>): FunctionOperator =>
  made as unknown as FunctionOperator;
