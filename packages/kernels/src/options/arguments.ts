/**
 * The arguments of a call that takes options in their positions, by name in an object, or the first ones in their positions
 * and the others in an object behind them; what `options.arguments` reads.
 *
 * @example
 * const options = optionsOf('Dropout', { p: option.number.or(0.5), inplace: option.flag.or(false) });
 * const read = (...given: Arguments<[p?: number, inplace?: boolean], Given<typeof options>>) => options.arguments(given);
 * read(0.3, { inplace: true });
 */
export type Arguments<Positions extends readonly unknown[], Given> =
  [options: Given] | Skippable<Positions> | Behind<Required<Skippable<Positions>>, Positions, Omissible<Given>>;

/** What may be left out may be undefined, too, where others follow. */
type Skippable<Positions extends readonly unknown[]> = {
  [I in keyof Positions]: undefined extends Positions[I] ? Positions[I] | undefined : Positions[I];
};

/** Options behind all positions, behind all but the last, and so on, as long as nothing is missing that must be there. */
type Behind<First extends readonly unknown[], Positions extends readonly unknown[], Rest> =
  First extends Skippable<Positions>
    ? | [...First, options: Rest]
      | (First extends readonly [...infer Fewer, unknown] ? Behind<Fewer, Positions, Rest> : never)
    : never;

/** Those options that may be left out. */
type Omissible<Given> = {
  [Name in keyof Given as Record<never, never> extends Pick<Given, Name> ? Name : never]: Given[Name];
};
