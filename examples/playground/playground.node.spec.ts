import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { load, startBackend } from 'tessera-nn';
import type { Page } from 'playwright-core';
import { barriersIn } from '../page/axe.js';
import { visit, type Visit } from '../page/open-page.js';

/** A setup as its link has it: small, on WASM, which draws no frames on the processor as WebGL does here. */
const SETUP = {
  data: 'digits',
  net: [
    ['Conv2D', { outmaps: 8, size: 5, stride: 2 }],
    ['PRelu', {}],
    ['MaxPool2D', {}],
    ['Flatten', {}],
    ['Linear', { outsize: 10 }],
  ],
  ...{ backend: 'wasm', optimizer: 'Adam', learnRate: 0.01, batchSize: 16, epochs: 4, count: 1600, seed: 7 },
};

/** For anything the page is waited for; on a quiet machine all tests together take a tenth of it. */
const WAIT_MS = 150_000;

describe('The playground', function () {
  this.timeout(WAIT_MS + 30_000);
  let visited: Visit;
  let page: Page;
  let link: string;
  let weights: string;

  before(async () => {
    visited = await visit('playground', { width: 1440, timeout: WAIT_MS });
    page = visited.page;
  });

  after(() => visited?.end());

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    console.log(`      ${await text('#status')} (a picture of the page: ${await visited.picture()})`);
  });

  // The tests are one visit, told in order.

  it('says beside the field what is wrong with an option, and in the row what does not fit', async () => {
    link = `${visited.url}#${encodeURIComponent(JSON.stringify(SETUP))}`;
    await page.goto(link);
    await page.fill('#block-0-size', 'x');
    expect(await text('#block-0-size-fault')).to.contain('a whole number from 1');
    expect(await page.getAttribute('#block-0-size', 'aria-invalid')).to.equal('true');
    expect(await page.isDisabled('#start')).to.equal(true);
    await page.fill('#block-0-size', '29');
    expect(await text('.block .fault')).to.match(/larger|smaller|fit/);
    await page.fill('#block-0-size', '5');
    expect(await text('#network-problem')).to.contain('the network fits the data');
  });

  it('adds, moves and removes blocks, with the focus where the reader goes on', async () => {
    await page.selectOption('#block-kind', 'BatchNorm2D');
    expect(await blocks()).to.deep.equal(['Conv2D', 'PRelu', 'MaxPool2D', 'Flatten', 'BatchNorm2D', 'Linear']);
    await page.waitForFunction(() => document.activeElement?.id === 'block-4-title');
    expect(await text('.block .fault')).to.contain('BatchNorm2D');
    for (const _ of '123') await page.click('.block:has([id$=title]:text("BatchNorm2D")) button:nth-child(1)');
    expect((await blocks())[1]).to.equal('BatchNorm2D');
    await page.click('#block-1-title >> xpath=.. >> button:nth-child(3)');
    expect(await blocks()).to.deep.equal(SETUP.net.map(([kind]) => kind));
  });

  it('makes one step, and goes on from there until it is paused', async () => {
    await page.click('#one-step');
    await page.waitForFunction(() => document.querySelector('#status')!.textContent.startsWith('Paused'));
    expect(await text('#step')).to.equal('1 of 100');
    await page.click('#start');
    await page.waitForFunction(() => parseInt(document.querySelector('#step')!.textContent) >= 4);
    await page.click('#pause');
    await page.waitForSelector('#start');
    const step = await text('#step');
    await page.waitForTimeout(500);
    expect(await text('#step')).to.equal(step);
  });

  it('learns synthetic digits to 90 % while somebody looks inside', async () => {
    await page.click('#look-filters');
    await page.waitForSelector('#look svg');
    await page.click('#start');
    await page.waitForFunction(() => parseFloat(document.querySelector('#accuracy')!.textContent) >= 90);
    await page.click('#pause');
    await page.waitForSelector('#start');
  });

  it('shows every view of the network', async () => {
    for (const view of ['maps', 'weights', 'gradients', 'confusion', 'wrong']) {
      await page.click(`#look-${view}`);
      await page.waitForSelector(`#look[aria-labelledby=look-${view}] svg`);
    }
    await page.click('#look-slopes');
    await page.waitForSelector('#look .bars');
    expect(await page.locator('#look .bars tr').count()).to.equal(8);
    await page.click('#look-walk');
    for (let place = 1; place < 12; place++) {
      await page.click('#walk-next');
      await page.waitForFunction(
        (at) => document.querySelector('#walk-place')!.textContent.startsWith(`${at} `),
        place + 1,
      );
    }
    expect(await text('#walk-place')).to.equal('12 of 12. Backward: the gradient of the input');
  });

  it('says what it sees in a drawing', async () => {
    const box = (await page.locator('#drawing').boundingBox())!;
    await page.mouse.move(box.x + 0.5 * box.width, box.y + 0.2 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.5 * box.width, box.y + 0.8 * box.height, { steps: 8 });
    await page.mouse.up();
    await page.waitForFunction(() => /^The network says \d\.$/.test(document.querySelector('#answer')!.textContent));
    const shares = await page.$$eval('.try .bars tr', (rows) => rows.map((row) => Number(row.dataset['share'])));
    expect(shares.reduce((sum, share) => sum + share, 0)).to.be.closeTo(1, 1e-5);
  });

  it('offers the network as files', async () => {
    weights = await downloaded('#weights');
    await startBackend('wasm');
    expect(String(await load(weights))).to.contain('(prelu1): PRelu(8)');
    expect((await readFile(await downloaded('#onnx'))).length).to.be.above(1000);
    expect(await readFile(await downloaded('#typescript'), 'utf8')).to.contain('new PRelu({ name: "prelu1" })');
    expect(await readFile(await downloaded('#pytorch'), 'utf8')).to.contain('nn.PReLU(8');
  });

  it('opens the same setup by its link, and takes the weights back', async () => {
    const reached = await text('#accuracy');
    expect(page.url()).to.equal(link);
    await page.goto('about:blank');
    await page.goto(link);
    await page.setInputFiles('#load', weights);
    await page.waitForFunction(() => document.querySelector('#files-status')!.textContent.includes('in the network'));
    expect(parseFloat(await text('#accuracy'))).to.be.closeTo(parseFloat(reached), 10);
    expect(await blocks()).to.deep.equal(SETUP.net.map(([kind]) => kind));
  });

  it('is open to everybody, in both themes, down to 320 pixels', async () => {
    await page.click('#look-graph');
    expect(await barriersIn(page)).to.deep.equal([]);
  });

  it('has asked nobody else and left no error on the console', () => {
    expect(visited.errors).to.deep.equal([]);
  });

  const text = (selector: string) => page.$eval(selector, (element) => element.textContent);
  const blocks = () => page.$$eval('.block h3', (titles) => titles.map(({ firstChild }) => firstChild!.textContent));

  async function downloaded(button: string): Promise<string> {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
    return download.path();
  }
});
