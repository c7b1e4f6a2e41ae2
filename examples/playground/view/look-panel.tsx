import { useSignal, useSignalEffect } from '@preact/signals';
import { drawGraph } from '@tessera-nn/visual';
import { fromBlueprint } from 'tessera-nn';
import { useEffect } from 'preact/hooks';
import { blockClasses } from '../setup/block-kinds.js';
import type { Look, SentPicture, ViewName } from '../worker/looks.js';
import type { Part } from './app.js';
import { Bars } from './bars.js';
import { Shown } from './shown.js';
import { Tabs } from './tabs.js';
import { WalkView } from './walk-view.js';

/** The ways to look, in their order; that of the graph needs no training. */
const views = {
  graph: 'Graph',
  walk: 'Step through',
  filters: 'Filters',
  maps: 'Feature maps',
  slopes: 'Slopes',
  weights: 'Weights',
  gradients: 'Gradients',
  confusion: 'Confusion',
  wrong: 'Wrong ones',
} as const satisfies Readonly<Record<'graph' | ViewName, string>>;
type View = keyof typeof views;

/** Views of one sample. */
const OF_SAMPLE: readonly View[] = ['walk', 'maps'];
/** Between two looks at a network that is training. */
const REST_MS = 700;

/** One look into the network at a time: nothing is computed for the others. */
export function LookPanel({ playground }: Part) {
  const { run } = playground;
  const view = useSignal<View>('graph');
  const part = useSignal<string | undefined>(undefined);
  const sample = useSignal(0);
  const place = useSignal(0);
  const look = useSignal<Look | undefined>(undefined);
  const isWanted = useSignal(0);

  const ask = async () => {
    const asked = view.peek();
    if (asked === 'graph') return;
    const seen = await run.ask('look', { view: asked, part: part.peek(), sample: sample.peek(), place: place.peek() });
    if (asked === view.peek()) look.value = seen;
  };
  useEffect(() => {
    let looked = -Infinity;
    let answered = 0;
    run.afterSteps(async () => {
      const isNew = isWanted.peek() !== answered;
      if (!isNew && performance.now() - looked < REST_MS) return;
      answered = isWanted.peek();
      await ask();
      looked = performance.now();
    });
  }, []);
  // At rest a look is taken at once; a run takes it after its step.
  useSignalEffect(() => {
    void [view.value, part.value, sample.value, place.value, run.version.value];
    isWanted.value = isWanted.peek() + 1;
    if (run.hasNetwork.value && run.phase.value !== 'training') playground.attempt(ask);
    else if (!run.hasNetwork.value) look.value = undefined;
  });

  const choose = (chosen: View) => {
    [view.value, part.value, look.value] = [chosen, undefined, undefined];
  };
  return (
    <section class="panel" aria-labelledby="look-title">
      <h2 id="look-title">Look inside</h2>
      <Tabs label="Ways to look" names={views} chosen={view.value} onChoose={choose} panel="look" />
      <div id="look" role="tabpanel" aria-labelledby={`look-${view.value}`} tabIndex={0}>
        {view.value === 'graph' ? (
          <GraphView playground={playground} />
        ) : look.value ? (
          <>
            <div class="fields">
              {look.value.parts.length > 1 && (
                <label>
                  Of
                  <select
                    value={look.value.part ?? ''}
                    onChange={({ currentTarget }) => (part.value = currentTarget.value)}
                  >
                    {look.value.parts.map((name) => (
                      <option key={name} value={name}>
                        {name}
                      </option>
                    ))}
                  </select>
                </label>
              )}
              {OF_SAMPLE.includes(view.value) && (
                <label>
                  Unseen image
                  <input
                    type="number"
                    min={1}
                    value={sample.value + 1}
                    onChange={({ currentTarget }) => (sample.value = Math.max(0, currentTarget.valueAsNumber - 1 || 0))}
                  />
                </label>
              )}
            </div>
            {look.value.places.length > 0 ? (
              <WalkView look={look.value} place={place} />
            ) : (
              <LookView look={look.value} />
            )}
          </>
        ) : (
          <p class="quiet">There is no network to look into yet: press Start or One step.</p>
        )}
      </div>
    </section>
  );
}

function LookView({ look }: { look: Look }) {
  if (look.nothing !== undefined) return <p class="quiet">{look.nothing}</p>;
  const most = Math.max(...look.bars.map(Math.abs), Number.MIN_VALUE);
  return (
    <>
      {look.pictures.map((picture, i) => (
        <Shown key={i} {...picture} />
      ))}
      {look.bars.length > 0 && (
        <Bars
          caption={`The slopes of ${look.part}, by channel`}
          rows={look.bars.map((slope, i) => ({ name: `${i}`, share: Math.abs(slope) / most, text: slope.toFixed(3) }))}
        />
      )}
    </>
  );
}

/** The network that is being built, as boxes and arrows. */
function GraphView({ playground: { checked, data } }: Part) {
  const { blueprint, problem } = checked.value;
  if (problem !== undefined) return <p class="quiet">The graph is drawn when every block fits.</p>;
  const net = fromBlueprint(blueprint, blockClasses);
  try {
    const picture = drawGraph(net, { shape: [1, ...data.value.shape] });
    const sent: SentPicture = { title: picture.title, svg: picture.toSvg() };
    return <Shown {...sent} />;
  } finally {
    net.dispose();
  }
}
