import { DataError, RandomStream, type AnyModule, type RandomState } from '@tessera-nn/core';

/** The streams that modules were given, as `rng` of Dropout, by the path of what holds them. */
export function streamsIn(module: AnyModule): Map<string, RandomStream> {
  const streams = new Map<string, RandomStream>();
  for (const [path, part] of module.namedModules()) {
    for (const [name, value] of Object.entries(part)) {
      if (value instanceof RandomStream) streams.set(path === '' ? name : `${path}.${name}`, value);
    }
  }
  return streams;
}

/** Where the streams of a module stand, by path. */
export const streamStates = (module: AnyModule): Record<string, RandomState> =>
  Object.fromEntries(Array.from(streamsIn(module), ([path, { state }]) => [path, state]));

/**
 * The streams of a module, each with where it shall stand.
 *
 * @throws DataError when one of those is not there, as in a network that was rebuilt from the file.
 */
export function pairedStreams(
  module: AnyModule,
  states: Readonly<Record<string, RandomState>>,
): [RandomStream, RandomState][] {
  const streams = streamsIn(module);
  return Object.entries(states).map(([path, state]) => {
    const stream = streams.get(path);
    if (stream) return [stream, state];
    throw new DataError(`This run drew from "${path}", and there is no stream now`, {
      path,
      expected: 'a random stream',
      received: 'none',
      hint: 'Pass module: the network, built with its streams',
    });
  });
}
