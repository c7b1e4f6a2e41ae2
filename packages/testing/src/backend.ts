import { drawAs, startBackend, useCompanion, useLauncher } from '@tessera-nn/kernels';

const nodeEnvironment = (globalThis as { process?: { env: Record<string, string | undefined>; versions?: object } })
  .process;

/** A setting of this run: `TESSERA_NAME` in Node, `?name=` in a page; undefined where it is not given. */
export function settingOf(name: string): string | undefined {
  if (nodeEnvironment?.versions) return nodeEnvironment.env[`TESSERA_${name.toUpperCase()}`];
  return new URLSearchParams(location.search).get(name) ?? undefined;
}

/** The backend this run tests: `TESSERA_BACKEND` in Node (default wasm), `?backend=` in a page (default webgl). */
export const backendName: string = settingOf('backend') ?? (nodeEnvironment?.versions ? 'wasm' : 'webgl');

/** Whether WebGL is to draw as on a graphics card, `?renderer=hardware` in a page. Chromium draws on the processor here. */
const asHardware = !nodeEnvironment?.versions && settingOf('renderer') === 'hardware';

let started: Promise<unknown> | undefined;

/**
 * Whether modules are asked for their numbers alone, `?numbers=yes` in a page: with another driver the rest is the same.
 */
export const numbersAlone: boolean = settingOf('numbers') !== undefined;

/**
 * Starts the backend before the specs of the surrounding `describe`. One that does not start fails them. What earlier
 * specs left behind is collected first: it must not disappear in the middle of a test that counts tensors.
 *
 * @param counts whether such a test is among them, which waits for the collector.
 */
export function onBackend({ counts = true }: { counts?: boolean } = {}): void {
  before(async () => {
    await (started ??= startBackend(backendName, { ...(nodeEnvironment?.versions ? {} : { wasmPath: '/wasm/' }) }));
    if (asHardware) drawAs('hardware');
    if (collector && counts) await collectGarbage(1);
  });
}

/**
 * A `describe` for what the companion module of wasm computes too: on wasm its specs run with the companion and, as on
 * machines without SIMD, without it.
 *
 * @param specs told whether it is the first time: what does not depend on the bodies needs no second.
 */
export function describeBodies(title: string, specs: (isFirst: boolean) => void): void {
  describe(`${title} [${backendName}]`, () => {
    onBackend();
    specs(true);
  });
  if (backendName !== 'wasm') return;
  describe(`${title} [wasm without its companion]`, () => {
    onBackend({ counts: false }); // what is held was counted with it
    before(() => useCompanion(false));
    after(() => useCompanion(true));
    specs(false);
  });
}

/** Chromium and Node expose their collector when they are asked to, Firefox to tests, WebKit not at all. */
const { gc: collector } = globalThis as { gc?: () => unknown };
const isPage = !nodeEnvironment?.versions;

/** An `it` that is there where the collector can be called: what it proves is the same on every engine. */
export const itCollects = (title: string, test: (this: Mocha.Context) => Promise<void> | void): void => {
  if (collector ?? !isPage) it(title, test);
};

/** An `it` for what takes long and is the same on every backend: on `wasm` alone. */
export const itOnOneBackend = (title: string, test: (this: Mocha.Context) => Promise<void> | void): void => {
  if (backendName === 'wasm') it(title, test);
};

/** Whether the collector can be called here. */
export const canCollect = (): boolean => Boolean(collector);

/** Lets what earlier tests left be collected before each test, where that can be asked for. */
export function collectFirst(): void {
  if (collector ?? !isPage) beforeEach(collectGarbage);
}

/** As `describeBodies`, and on webgl once more without the launcher, where tfjs draws. For what depends on neither. */
export function describeAllBodies(title: string, specs: (isFirst: boolean) => void): void {
  describeBodies(title, specs);
  if (backendName !== 'webgl') return;
  describe(`${title} [webgl without its launcher]`, () => {
    onBackend({ counts: false });
    before(() => useLauncher(false));
    after(() => useLauncher(true));
    specs(false);
  });
}

/**
 * Runs full garbage collections and the finalizers behind them, which let go of more: a graph goes level by level.
 *
 * @throws when the run did not expose the collector.
 */
export async function collectGarbage(rounds = 3): Promise<void> {
  if (!collector) throw new Error('Run with --expose-gc');
  for (let round = 0; round < rounds; round++) {
    await nextTask();
    await collector();
  }
  // Finalizers are tasks as timers are, and on a busy machine the first timer may come before them.
  for (let round = 0; round < 2; round++) await nextTask();
}

const nextTask = () => new Promise((resolve) => setTimeout(resolve, 0));
