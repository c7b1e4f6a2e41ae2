import { History, type EpochRecord } from '../history.js';

/** What came to a history since it was told last; what was there behind `lossesFrom` and `epochsFrom` is void. */
export interface Growth {
  readonly lossesFrom: number;
  readonly losses: readonly number[];
  readonly epochsFrom: number;
  readonly epochs: readonly EpochRecord[];
}

/** Tells a history bit by bit. */
export class HistoryFeed {
  #history: History | undefined;
  #losses = 0;
  #epochs = 0;

  growthOf(history: History): Growth {
    if (history !== this.#history) this.#losses = this.#epochs = 0;
    const { losses, epochs } = history;
    const [lossesFrom, epochsFrom] = [Math.min(this.#losses, losses.length), Math.min(this.#epochs, epochs.length)];
    this.#history = history;
    this.#losses = losses.length;
    this.#epochs = epochs.length;
    return { lossesFrom, losses: losses.slice(lossesFrom), epochsFrom, epochs: epochs.slice(epochsFrom) };
  }
}

/** The history with what came to it: another one where a run began anew. */
export function grown(history: History, { lossesFrom, losses, epochsFrom, epochs }: Growth): History {
  const grows = lossesFrom + epochsFrom === 0 ? new History() : history;
  grows.losses.length = lossesFrom;
  grows.epochs.length = epochsFrom;
  for (const loss of losses) grows.losses.push(loss);
  for (const record of epochs) grows.epochs.push(record);
  return grows;
}
