import { expect } from 'chai';
import { load, startBackend } from 'tessera-nn';
import type { Page } from 'playwright-core';
import { barriersIn } from '../page/axe.js';
import { visit, type Visit } from '../page/open-page.js';

/** Small steps: Chromium draws WebGL on the CPU here, and its frames wait behind them. It is stopped before its end. */
const SMALL_RUN = '?batch=16&count=1600&unseen=256&epochs=4';
/** Small enough to end within seconds. */
const TINY_RUN = '?backend=wasm&batch=16&count=160&unseen=48&epochs=1';

/** For anything the page is waited for; on a quiet machine all tests together take a third of it. */
const WAIT_MS = 200_000;

/** A page that is not drawn for longer has frozen. */
const FROZEN_MS = 500;
/** A frame waits for as many steps where they alone take long, as without a graphics card. */
const STEPS_PER_FRAME = 3;
/** Other programs on the machine hold frames up as well, though not for this share of the time. */
const SHARE_LATE = 0.1;

interface Frame {
  ms: number;
  state: string;
  steps: number;
}
/** In the page. */
declare const recordedFrames: Frame[];

describe('The page that learns digits', function () {
  this.timeout(WAIT_MS + 40_000);
  let visited: Visit;
  let page: Page;

  before(async () => {
    visited = await visit('mnist-web', { width: 1200, timeout: WAIT_MS });
    page = visited.page;
    await page.addInitScript(recordFrames);
  });

  after(() => visited?.end());

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    console.log(`      ${await text('#status')} (a picture of the page: ${await visited.picture()})`);
  });

  // The tests from here on are one run on WebGL, told in order.

  it('says what to do where somebody draws before there is a network', async () => {
    await page.goto(visited.url + SMALL_RUN);
    expect(await text('#status')).to.equal('Ready. Press Start.');
    await draw([
      [0.3, 0.3],
      [0.7, 0.7],
    ]);
    expect(await text('#answer')).to.contain('press Start');
  });

  it('shows what is wrong with a setting, and what to do', async () => {
    const epochs = await page.inputValue('[name=epochs]');
    await page.fill('[name=epochs]', 'many');
    await page.click('#start');
    expect(await text('#error'))
      .to.contain('ValueError: epochs cannot be "many"')
      .and.contain('a whole number from 1');
    const invalid = () =>
      page.$$eval('[aria-invalid=true]', (fields) => fields.map((field) => field.getAttribute('name')));
    expect(await invalid()).to.deep.equal(['epochs']);
    expect(await page.evaluate(() => document.activeElement!.getAttribute('name'))).to.equal('epochs');
    await page.fill('[name=epochs]', epochs);
    expect(await invalid()).to.deep.equal([]);
  });

  it('says that it prepares shaders, then trains', async () => {
    await page.click('#start');
    await page.waitForFunction(() => document.querySelector('#status')!.textContent.includes('Preparing shaders'));
    await state('training');
  });

  it('pauses', async () => {
    await page.waitForFunction(() => parseInt(document.querySelector('#step')!.textContent) >= 5);
    await page.click('#pause');
    await state('paused');
    const step = await text('#step');
    await page.waitForTimeout(2000);
    expect(await text('#step')).to.equal(step);
  });

  it('offers the network as a file that is built again as it is', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    await startBackend('wasm');
    const net = await load(await download.path());
    expect(String(net)).to.contain('Conv2D');
  });

  it('reads a digit drawn with the mouse while it is paused', async () => {
    await draw([
      [0.35, 0.25],
      [0.65, 0.25],
      [0.45, 0.8],
    ]);
    await page.waitForSelector('#probabilities .best');
    expect(await text('#answer')).to.match(/^The network reads a \d\.$/);
    const shares = await page.$$eval('#probabilities tr', (rows) => rows.map((row) => Number(row.dataset.share)));
    expect(shares).to.have.length(10);
    expect(shares.reduce((sum, share) => sum + share, 0)).to.be.closeTo(1, 1e-5);
  });

  it('goes on after the pause, to 95 % of unseen digits', async () => {
    const step = parseInt(await text('#step'));
    await page.click('#pause');
    await state('training');
    await page.waitForFunction((before) => parseInt(document.querySelector('#step')!.textContent) > before, step);
    await page.waitForFunction(
      () =>
        parseFloat(document.querySelector('#accuracy')!.textContent) >= 95 ||
        ['done', 'failed'].includes(document.body.dataset.state!),
    );
    expect(parseFloat(await text('#accuracy')), await text('#error')).to.be.at.least(95);
    await page.waitForFunction(() => /4\d of these 48/.test(document.querySelector('#grid-summary')!.textContent));
    expect(parseInt(await text('#speed'))).to.be.above(0);
  });

  it('never froze while it trained', async () => {
    const frames = (await page.evaluate(() => recordedFrames)).filter(({ state }) => state === 'training');
    const sumOf = (key: 'ms' | 'steps', some = frames) => some.reduce((sum, frame) => sum + frame[key], 0);
    const msPerStep = sumOf('ms') / sumOf('steps');
    const limit = Math.max(FROZEN_MS, STEPS_PER_FRAME * msPerStep);
    const late = frames.filter(({ ms }) => ms > limit);
    const longest = Math.max(...frames.map(({ ms }) => ms));
    console.log(`      ${msPerStep.toFixed()} ms a step, at most ${longest.toFixed()} ms without a frame`);

    const skipped = frames.filter(({ ms, steps }) => ms > FROZEN_MS && steps > STEPS_PER_FRAME);
    expect(skipped, 'frames in which the page went on without being drawn').to.deep.equal([]);
    expect(sumOf('ms', late) / sumOf('ms'), `share of time in frames over ${limit.toFixed()} ms`).to.be.below(
      SHARE_LATE,
    );
  });

  it('stops', async () => {
    await page.click('#stop');
    await state('stopped');
    const step = await text('#step');
    await page.waitForTimeout(1000);
    expect(await text('#step')).to.equal(step);
    expect(await page.isEnabled('#start')).to.equal(true);
  });

  // From here on each is by itself.

  it('learns on WASM too, where the address says so', async () => {
    await page.goto(visited.url + TINY_RUN);
    await page.click('#start');
    await state('done');
    expect(await text('#step')).to.equal('10 of 10');
  });

  it('shows what is wrong with a backend, and what to do', async () => {
    await page.goto(`${visited.url}?backend=wams`);
    expect(await text('#error'))
      .to.contain('wams')
      .and.contain('Did you mean "wasm"?');
  });

  it('opens where the browser names no language, as in the C locale', async () => {
    const abroad = await visited.browser.newPage();
    const failed: string[] = [];
    abroad.on('pageerror', (error) => failed.push(error.message));
    const name =
      "Object.defineProperty(Navigator.prototype, 'language', { get: () => 'en-US@posix', configurable: true })";
    await abroad.addInitScript(name);
    await abroad.goto(visited.url);
    await abroad.waitForFunction(() => document.querySelector<HTMLInputElement>('[name=epochs]')!.value === '2');
    expect(failed).to.deep.equal([]);
    await abroad.close();
  });

  it('is open to everybody, in both themes, down to 320 pixels', async () => {
    await page.goto(visited.url);
    expect(await barriersIn(page)).to.deep.equal([]);
  });

  it('has left no error on the console', () => {
    expect(visited.errors).to.deep.equal([]);
  });

  const text = (selector: string) => page.$eval(selector, (element) => element.textContent);

  const state = (wanted: string) => page.waitForFunction((name) => document.body.dataset.state === name, wanted);

  /** Draws a line through points given as shares of the box. */
  async function draw(points: [number, number][]): Promise<void> {
    const box = page.locator('#drawing');
    await box.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await box.boundingBox())!;
    const [first, ...others] = points.map(([right, down]) => [x + right * width, y + down * height] as const);
    await page.mouse.move(...first!);
    await page.mouse.down();
    for (const point of others) await page.mouse.move(...point, { steps: 8 });
    await page.mouse.up();
  }
});

/** Runs in the page: notes for each frame how long it took, the page's state when it began, and the steps within. */
function recordFrames(): void {
  const frames: Frame[] = [];
  Object.assign(globalThis, { recordedFrames: frames });
  let began = { time: performance.now(), state: '' };
  let steps = 0;
  const frame = () => {
    const time = performance.now();
    frames.push({ ms: time - began.time, state: began.state, steps });
    began = { time, state: document.body?.dataset.state ?? '' };
    steps = 0;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  addEventListener('DOMContentLoaded', () => {
    new MutationObserver(() => steps++).observe(document.querySelector('#step')!, { childList: true });
  });
}
