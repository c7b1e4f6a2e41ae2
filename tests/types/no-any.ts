// Types that are `never` unless something is `any`. They cost nothing at run time: the typecheck stage is the test.

/** True for `any` alone: only `any` is both inside 1 and around 0. */
export type IsAny<T> = 0 extends 1 & T ? true : false;

/** Whether a function takes or gives `any`, also inside a Promise, an iterable or one level of an object. */
type HasAny<F> = F extends (...args: infer Args) => infer Result
  ? true extends { [I in keyof Args]: IsAny<Args[I]> }[number] | IsAny<Result> | InsideAny<Result>
    ? true
    : false
  : IsAny<F>;

type InsideAny<T> = T extends Promise<infer Inner> | Iterable<infer Inner> ? IsAny<Inner> | EntryIsAny<Inner> : false;
type EntryIsAny<T> = T extends [infer Key, infer Value] ? IsAny<Key> | IsAny<Value> : false;

/** The names of the public members of a class whose types have widened to `any`. */
export type WidenedMembers<T> = { [K in keyof T]-?: true extends IsAny<T[K]> | HasAny<T[K]> ? K : never }[keyof T];

/** Compiles only where the type is `never`; the error shows what it is instead. */
export function expectNone<_T extends never>(): void {
  // Nothing to do: the type argument is the check.
}

export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only where both types are the same. */
export function expectEqual<A, B>(..._same: Equal<A, B> extends true ? [] : [expected: B, received: A]): void {
  // Nothing to do: the missing argument is the check.
}
