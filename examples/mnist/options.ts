import { Command, InvalidArgumentError } from 'commander';
import path from 'node:path';
import { numberFrom } from '../number-argument.js';

export interface Options {
  epochs: number;
  batch: number;
  data?: string;
  backend: string;
  seed: number;
  count: number;
}

/** Reads the command line; prints help or what is wrong with it, and then ends the process. */
export function readOptions(args: readonly string[]): Options {
  const command = new Command('npm start --')
    .description('Trains a small CNN on handwritten digits and tests it on digits it has not seen.')
    .option('--epochs <count>', 'how often to go over the training digits', wholeNumber, 2)
    .option('--batch <count>', 'digits in one step', wholeNumber, 64)
    .option(
      '--data <folder>',
      'a folder with the four MNIST files, gzipped or not; without it, synthetic digits',
      fromWhereNpmRan,
    )
    .option('--backend <name>', 'wasm or cpu', 'wasm')
    .option('--seed <number>', 'the same seed gives the same run', anyInteger, 7)
    .option('--count <count>', 'how many synthetic digits to train on', wholeNumber, 6000)
    .allowExcessArguments(false);
  const swallowed = command.options.find(({ long }) => `npm_config_${long!.slice(2)}` in process.env)?.long;
  if (swallowed) command.error(`error: npm kept ${swallowed} to itself; write npm start -- ${swallowed} ...`);
  return command.parse([...args], { from: 'user' }).opts<Options>();
}

function wholeNumber(text: string): number {
  const value = numberFrom(text, { from: 1 });
  if (value !== undefined) return value;
  throw new InvalidArgumentError('It is a whole number from 1.');
}

function anyInteger(text: string): number {
  const value = numberFrom(text, { from: -Infinity });
  if (value !== undefined) return value;
  throw new InvalidArgumentError('It is a whole number.');
}

/** npm runs the example in its own folder; a relative path means the folder that the user is in. */
function fromWhereNpmRan(folder: string): string {
  return path.resolve(process.env.INIT_CWD ?? '.', folder);
}
