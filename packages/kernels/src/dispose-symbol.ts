/**
 * The key of methods that `using` calls. Safari has none yet, and compiled `using` looks for it on `Symbol`, where it is
 * put: registered, since some compilers take `Symbol.for` where there is none.
 */
export const disposeSymbol: typeof Symbol.dispose = (Symbol as { dispose?: typeof Symbol.dispose }).dispose ?? define();

function define(): typeof Symbol.dispose {
  const value: symbol = Symbol.for('Symbol.dispose');
  Object.defineProperty(Symbol, 'dispose', { value });
  return value as typeof Symbol.dispose;
}
