import { backends, optimizers, type Backend, type OptimizerName } from '../setup/setup.js';
import type { Part } from './app.js';
import { Curves } from './curves.js';
import { NumberField } from './number-field.js';

const backendLabels: Readonly<Record<Backend, string>> = {
  auto: 'the fastest here',
  webgl: 'WebGL',
  wasm: 'WASM',
  cpu: 'plain JavaScript',
};

/** Training: how, the buttons, and how it goes. */
export function TrainPanel({ playground }: Part) {
  const { setup, run, hasChanged } = playground;
  const { progress, loss, accuracy, speed } = run;
  const { backend, optimizer } = setup.value.training;
  const at = progress.value;
  return (
    <section class="panel" aria-labelledby="train-title">
      <h2 id="train-title">Training</h2>
      <div class="fields">
        <label>
          Backend
          <select
            name="backend"
            value={backend}
            onChange={({ currentTarget }) => playground.train({ backend: currentTarget.value as Backend })}
          >
            {backends.map((name) => (
              <option key={name} value={name}>
                {backendLabels[name]}
              </option>
            ))}
          </select>
        </label>
        <label>
          Optimizer
          <select
            name="optimizer"
            value={optimizer}
            onChange={({ currentTarget }) => playground.train({ optimizer: currentTarget.value as OptimizerName })}
          >
            {Object.keys(optimizers).map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <NumberField playground={playground} name="learnRate" />
        <NumberField playground={playground} name="batchSize" />
        <NumberField playground={playground} name="epochs" />
        <NumberField playground={playground} name="seed" />
      </div>
      <Buttons playground={playground} />
      <progress
        max={1}
        value={at ? (at.batches * (at.epoch - 1) + at.batch) / (at.batches * at.epochs) : 0}
        aria-label="Progress of the run"
      />
      <p id="status" role="status">
        {statusOf(playground)}
      </p>
      <dl class="numbers">
        <Figure name="Epoch" id="epoch" text={at && `${at.epoch} of ${at.epochs}`} />
        <Figure name="Step" id="step" text={at && `${at.batch} of ${at.batches}`} />
        <Figure name="Loss" id="loss" text={loss.value?.toFixed(3)} />
        <Figure name="Unseen right" id="accuracy" text={percent(accuracy.value)} />
        <Figure
          name="Images per second"
          id="speed"
          text={speed.value && Math.round(speed.value).toLocaleString('en')}
        />
      </dl>
      <Curves run={run} />
      {hasChanged.value && run.phase.value !== 'none' && (
        <p class="quiet">The choices have changed since this run began; Start anew takes them over.</p>
      )}
    </section>
  );
}

function Buttons({ playground }: Part) {
  const { run, problem } = playground;
  const phase = run.phase.value;
  const isOpen = phase === 'training' || phase === 'paused';
  const stopped = problem.value !== undefined || phase === 'preparing';
  const begin = async (steps?: number) => {
    await playground.prepare();
    await run.goOn(steps);
  };
  return (
    <div class="buttons">
      {phase === 'training' ? (
        <button id="pause" type="button" class="primary" onClick={() => run.pause()}>
          Pause
        </button>
      ) : (
        <button
          id="start"
          type="button"
          class="primary"
          disabled={phase !== 'paused' && stopped}
          onClick={() => void (phase === 'paused' ? run.goOn() : begin())}
        >
          {phase === 'paused' && run.losses.length > 0 ? 'Resume' : 'Start'}
        </button>
      )}
      <button
        id="one-step"
        type="button"
        disabled={phase === 'training' || (phase !== 'paused' && stopped)}
        onClick={() => void (phase === 'paused' ? run.goOn(1) : begin(1))}
      >
        One step
      </button>
      <button id="anew" type="button" disabled={!isOpen || stopped} onClick={() => void begin()}>
        Start anew
      </button>
    </div>
  );
}

function Figure({ name, id, text }: { name: string; id: string; text: string | number | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd id={id}>{text ?? '–'}</dd>
    </div>
  );
}

const percent = (share: number | undefined) => (share === undefined ? undefined : `${(100 * share).toFixed(1)} %`);

/** What screen readers read out when it changes. */
function statusOf({ run, problem, setup }: Part['playground']): string {
  const phase = run.phase.value;
  const reached = run.accuracy.value === undefined ? '' : ` ${percent(run.accuracy.value)} of unseen images are right.`;
  switch (phase) {
    case 'none':
      return problem.value ?? 'Ready. Press Start.';
    case 'preparing':
      return setup.value.training.backend === 'webgl' ? 'Preparing data and shaders …' : 'Preparing data and network …';
    case 'training':
      return `Training.${reached}`;
    case 'paused':
      return `Paused.${reached} The network can be tried and looked into.`;
    case 'done':
      return `Done.${reached} Start begins anew.`;
    case 'failed':
      return 'That did not work; the page says why at its top.';
  }
}
