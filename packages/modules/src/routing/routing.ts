import { Module, type Data } from '@tessera-nn/core';

/** What modules share that hand on what they are given, of any shape and number type, and compute nothing. */
export abstract class Routing<Input extends Data, Output extends Data> extends Module<Input, Output> {
  override get takes() {
    return 'any' as const;
  }

  override get movesData(): boolean {
    return true;
  }

  protected override get dtypes() {
    return ['float32', 'int32', 'bool'] as const;
  }
}
