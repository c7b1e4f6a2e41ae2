import type { Playground } from '../run/playground.js';
import { DataPanel } from './data-panel.js';
import { ErrorBox } from './error-box.js';
import { FilesPanel } from './files-panel.js';
import { LookPanel } from './look-panel.js';
import { NetworkPanel } from './network-panel.js';
import { TrainPanel } from './train-panel.js';
import { TryPanel } from './try-panel.js';

/** What every part of the page is given. */
export interface Part {
  readonly playground: Playground;
}

/** The page below its title: what is chosen on the left, what comes of it on the right. */
export function App({ playground }: Part) {
  const part = { playground };
  return (
    <>
      <ErrorBox {...part} />
      <div class="columns">
        <div class="column">
          <DataPanel {...part} />
          <NetworkPanel {...part} />
          <FilesPanel {...part} />
        </div>
        <div class="column">
          <TrainPanel {...part} />
          <TryPanel {...part} />
          <LookPanel {...part} />
        </div>
      </div>
    </>
  );
}
