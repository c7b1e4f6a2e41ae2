import { ConfusionMatrix, noGrad, scope, Variable, type ArrayDataset } from 'tessera-nn';
import {
  plotConfusionMatrix,
  plotHistogram,
  showFeatureMaps,
  showFilters,
  showImageBatch,
  type Picture,
} from '@tessera-nn/visual';
import { answersTo } from './answers.js';
import { inEvalMode } from '../../page/in-eval-mode.js';
import type { Session } from './session.js';
import { bestOf } from '../../page/softmax.js';
import { gradientsOf, walkOf } from './walk.js';

/** What is looked at: of which part of the network, where there are several, and with which unseen sample. */
export interface Question {
  readonly view: ViewName;
  readonly part?: string | undefined;
  readonly sample: number;
  /** Where in the walk through the network. */
  readonly place: number;
}

/** A picture as it is sent: its title, and the text of an `<svg>`. */
export interface SentPicture {
  readonly title: string;
  readonly svg: string;
}

/** What there is to see. */
export interface Look {
  /** The parts of the network that can be looked at like this, and the one that is. */
  readonly parts: readonly string[];
  readonly part: string | undefined;
  readonly pictures: readonly SentPicture[];
  /** Numbers that are shown as bars. */
  readonly bars: readonly number[];
  /** The places of a walk, in words. */
  readonly places: readonly string[];
  /** Why there is nothing. */
  readonly nothing?: string;
}

/** Of so many unseen samples at most answers are counted: often, so that it must be quick. */
const COUNTED = 256;
const MOST_WRONG = 24;

const looks = {
  filters: (session: Session, { part }: Question) => {
    const filters = new Map([...session.net.namedParameters()].filter(([, { shape }]) => shape.length === 4));
    return lookAt(filters, part, 'No block of this network has filters.', (of, name) =>
      showFilters(of, { title: `Filters ${name}, [${of.shape.join(', ')}]` }),
    );
  },
  maps: async (session: Session, { part, sample }: Question) => {
    const walk = walkOf(session, sampleOf(session, sample));
    try {
      const maps = new Map([...walk.outputs].filter(([name, { shape }]) => name !== '' && shape.length === 4));
      return await lookAt(maps, part, 'No block of this network makes maps.', (of, name) =>
        showFeatureMaps(of, { title: `What ${name} makes of image ${sample + 1}, [${of.shape.slice(1).join(', ')}]` }),
      );
    } finally {
      walk.release();
    }
  },
  slopes: async ({ net }: Session, { part }: Question) => {
    const slopes = new Map([...net.namedParameters()].filter(([name]) => name.endsWith('.slopes')));
    const { chosen, parts } = chosenOf(slopes, part);
    if (chosen === undefined) return { ...NOTHING, nothing: 'No block of this network learns slopes: add a PRelu.' };
    return { ...NOTHING, parts, part: chosen, bars: [...(await slopes.get(chosen)!.values())] };
  },
  weights: ({ net }: Session, { part }: Question) =>
    lookAt(new Map(net.namedParameters()), part, 'This network has no weights.', (of, name) =>
      plotHistogram(of, { title: `${name}: ${of.size} numbers` }),
    ),
  gradients: async (session: Session, { part }: Question) => {
    const gradients = gradientsOf(session, session.data.unseen.slice(0, smaller(session.trainer.batchSize, session)));
    try {
      return await lookAt(gradients, part, 'This network has no weights.', (of, name) =>
        plotHistogram(of, { title: `dLoss/d${name}: ${of.size} numbers` }),
      );
    } finally {
      for (const gradient of gradients.values()) gradient.dispose();
    }
  },
  confusion: async ({ net, data }: Session) => {
    const { images, labels } = countedOf(data.unseen);
    const matrix = new ConfusionMatrix();
    noGrad(() => scope(() => void inEvalMode(net, () => matrix.update(net.forward(new Variable(...images)), labels))));
    const counts = await matrix.compute();
    return { ...NOTHING, pictures: [sent(plotConfusionMatrix(counts, { names: [...data.classes] }))] };
  },
  wrong: async (session: Session) => {
    const { unseen, classes } = session.data;
    const { images, labels } = countedOf(unseen);
    const answers = (await answersTo(session, images[0])).map(bestOf);
    const wrong = [...labels.keys()].filter((i) => answers[i] !== labels[i]);
    if (wrong.length === 0) {
      return { ...NOTHING, nothing: `All of the first ${labels.length} unseen images are answered rightly.` };
    }
    const shown = wrong.slice(0, MOST_WRONG);
    const { data, shape } = unseen.gather(shown);
    const captions = shown.map((i) => `${classes[answers[i]!]}, not ${classes[labels[i]!]}`);
    const title = `${wrong.length} of ${labels.length} unseen images are answered wrongly`;
    const shownImages = new Variable(data, { shape });
    try {
      const picture = await showImageBatch(shownImages, { captions, title, columns: 6 });
      return { ...NOTHING, pictures: [sent(picture)] };
    } finally {
      shownImages.dispose();
    }
  },
  walk: async (session: Session, { sample, place }: Question) => {
    const walk = walkOf(session, sampleOf(session, sample), true);
    try {
      const stops = [...stopsForward(walk.outputs), ...stopsBackward(walk.gradients)];
      const { draw } = stops[Math.min(place, stops.length - 1)]!;
      return { ...NOTHING, pictures: [sent(await draw())], places: stops.map(({ title }) => title) };
    } finally {
      walk.release();
    }
  },
} satisfies Record<string, (session: Session, question: Question) => Promise<Look>>;

/** The ways to look into a network. */
export type ViewName = keyof typeof looks;

/** What there is to see, of the network as it is now. */
export const lookInto = (session: Session, question: Question): Promise<Look> =>
  looks[question.view](session, question);

const NOTHING: Look = { parts: [], part: undefined, pictures: [], bars: [], places: [] };

const sent = (picture: Picture): SentPicture => ({ title: picture.title, svg: picture.toSvg() });

/** The part that was asked for, or the first one. */
function chosenOf(all: ReadonlyMap<string, Variable>, part: string | undefined) {
  const parts = [...all.keys()];
  return { parts, chosen: part !== undefined && all.has(part) ? part : parts[0] };
}

async function lookAt(
  all: ReadonlyMap<string, Variable>,
  part: string | undefined,
  nothing: string,
  draw: (of: Variable, name: string) => Promise<Picture>,
): Promise<Look> {
  const { chosen, parts } = chosenOf(all, part);
  if (chosen === undefined) return { ...NOTHING, nothing };
  return { ...NOTHING, parts, part: chosen, pictures: [sent(await draw(all.get(chosen)!, chosen))] };
}

const smaller = (count: number, { data }: Session): number => Math.min(count, data.unseen.length);

const sampleOf = ({ data }: Session, sample: number): ArrayDataset =>
  data.unseen.slice(Math.min(sample, data.unseen.length - 1), Math.min(sample + 1, data.unseen.length));

function countedOf(unseen: ArrayDataset) {
  const { data, shape, labels } = unseen.slice(0, Math.min(COUNTED, unseen.length));
  return { images: [data, { shape }] as const, labels };
}

/** Numbers in a row as an image of one map. */
const asMaps = (of: Variable): Variable => (of.shape.length === 4 ? of : of.reshape([1, 1, 1, of.size]));

interface Stop {
  readonly title: string;
  readonly draw: () => Promise<Picture>;
}

function stopsForward(outputs: ReadonlyMap<string, Variable>): Stop[] {
  return [...outputs].map(([name, of]) => {
    const title = name === '' ? 'The input' : `Forward: what ${name} makes`;
    return { title, draw: () => showFeatureMaps(asMaps(of), { title }) };
  });
}

function stopsBackward(gradients: ReadonlyMap<string, Variable>): Stop[] {
  return [...gradients].reverse().map(([name, of]) => {
    const title = `Backward: the gradient of ${name === '' ? 'the input' : `what ${name} makes`}`;
    return { title, draw: () => showFilters(asMaps(of), { title }) };
  });
}
