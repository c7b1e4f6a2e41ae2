export type { Arguments } from './arguments.js';
/** What an option may be: `option.count`, `option.flag.or(true)`, `option.oneOf('a', 'b').optional`. */
export * as option from './kinds.js';
export type { Pair } from './kinds.js';
export type { Option, SecondName } from './option.js';
export { declaredOptions, isPlainObject, optionsOf, type Given, type Options, type Values } from './options.js';
export { shownValue } from './shown-value.js';
