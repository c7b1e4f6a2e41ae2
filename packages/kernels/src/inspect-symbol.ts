/** The key of the method that tells Node's console what to show. Other consoles show the object itself. */
export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom');
