import uPlot from 'uplot';

const LEAST_HEIGHT = 120;

/** Live curves: the loss of each step, and now and then the share of what is measured that is right. */
export class Plot {
  readonly #place: HTMLElement;
  readonly #measured: string;
  readonly #steps: number[] = [];
  readonly #losses: (number | null)[] = [];
  readonly #percents: (number | null)[] = [];
  readonly #resized: ResizeObserver;
  #plot: uPlot;
  #drawing = false;

  /** @param measured what is measured, in the plural: `Unseen digits`. */
  constructor(place: HTMLElement, measured: string) {
    [this.#place, this.#measured] = [place, measured];
    this.#resized = new ResizeObserver(() => this.#plot.setSize(this.#size()));
    this.#resized.observe(this.#place);
    this.#plot = this.#make();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#plot.destroy();
      this.#plot = this.#make();
    });
  }

  clear(): void {
    this.#steps.length = this.#losses.length = this.#percents.length = 0;
    this.#redraw();
  }

  addLoss(step: number, loss: number): void {
    this.#losses[this.#indexOf(step)] = loss;
    this.#redraw();
  }

  addAccuracy(step: number, share: number): void {
    this.#percents[this.#indexOf(step)] = 100 * share;
    this.#redraw();
  }

  #indexOf(step: number): number {
    if (this.#steps.at(-1) === step) return this.#steps.length - 1;
    this.#losses.push(null);
    this.#percents.push(null);
    return this.#steps.push(step) - 1;
  }

  /** At most once a frame, however many steps a frame has. */
  #redraw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#plot.setData(this.#data());
      this.#showLatest(this.#plot);
    });
  }

  #data(): uPlot.AlignedData {
    return [this.#steps, this.#losses, this.#percents];
  }

  #make(): uPlot {
    const style = getComputedStyle(this.#place);
    const colour = (name: string) => style.getPropertyValue(name);
    const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--grid-line') }, ticks: { show: false } };
    const loss = colour('--loss');
    const accuracy = colour('--accuracy');
    const plot = new uPlot(
      {
        ...this.#size(),
        scales: {
          x: { time: false, range: (_, __, high) => [0, Math.max(high ?? 0, 10)] },
          loss: { range: (_, __, high) => [0, Math.max(high ?? 0, 1)] },
          percent: { range: [0, 100] },
        },
        axes: [
          { ...axis, label: 'Step', labelSize: 20, size: 32 },
          { ...axis, scale: 'loss', label: 'Loss', labelSize: 20, size: 42 },
          {
            ...axis,
            scale: 'percent',
            label: `${this.#measured} right, %`,
            labelSize: 20,
            size: 42,
            side: 1,
            grid: { show: false },
          },
        ],
        series: [
          { label: 'Step', value: shown(0) },
          { label: 'Loss', scale: 'loss', stroke: loss, width: 1.5, points: { show: false }, value: shown(3) },
          {
            label: 'Unseen right, %',
            scale: 'percent',
            stroke: accuracy,
            width: 2,
            dash: [8, 4],
            spanGaps: true,
            points: { show: true, size: 9, fill: accuracy },
            value: shown(1),
          },
        ],
        cursor: { drag: { x: false, y: false } },
        hooks: { ready: [(plot) => this.#showLatest(plot)], setCursor: [(plot) => this.#showLatest(plot)] },
      },
      this.#data(),
      this.#place,
    );
    // The legend takes its room when styles and values come, which may be later.
    this.#resized.observe(plot.root.querySelector('.u-legend')!);
    return plot;
  }

  /** In the legend, unless the pointer is at another step. */
  #showLatest(plot: uPlot): void {
    this.#place.dataset['empty'] = String(this.#steps.length === 0);
    if (typeof plot.cursor.idx === 'number') return;
    const latest = (values: (number | null)[]) => {
      for (let i = values.length - 1; i >= 0; i--) if (values[i] !== null) return i;
      return null;
    };
    plot.setLegend({ idxs: [this.#steps, this.#losses, this.#percents].map(latest) }, false);
  }

  /** uPlot's own height is that of axes and lines; the legend comes below, in one row or two. */
  #size(): { width: number; height: number } {
    const legend = this.#place.querySelector<HTMLElement>('.u-legend')?.offsetHeight ?? 0;
    return { width: this.#place.clientWidth, height: Math.max(LEAST_HEIGHT, this.#place.clientHeight - legend) };
  }
}

function shown(digits: number): (self: uPlot, value: number | null) => string {
  return (_, value) => (value === null ? '–' : value.toFixed(digits));
}
