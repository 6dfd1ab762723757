// Uses the page as a person does, in headless Chromium: page.mjs URL NODE_MODULES CHROMIUM [FOLDER FOR SCREENSHOTS]
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { law } from '../node/laws.mjs';
import { proxy } from './proxy.mjs';

const [url, modules, chromium, shots] = process.argv.slice(2);
const playwright = createRequire(path.join(modules, 'page.cjs'))('playwright-core');
const profile = mkdtempSync(path.join(tmpdir(), 'headrace-page-'));
const context = await playwright.chromium.launchPersistentContext(profile, {
  executablePath: chromium,
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
});
context.setDefaultTimeout(60_000);

const strangers = []; // requests to any host but the server
await context.route('**', (route) => {
  const asked = new URL(route.request().url());
  if (asked.protocol === 'data:' || asked.hostname === '127.0.0.1') return route.continue();
  strangers.push(asked.href);
  return route.abort();
});

/** A law about a page of its own, which must log no error but those that `mayLog` matches. */
function pageLaw(name, body, { at = url, width = 1200, height = 800, scheme = 'light', mayLog = /^$/ } = {}) {
  return law(name, async () => {
    const page = await context.newPage();
    const logged = [];
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && logged.push(message.text()));
    page.on('pageerror', (error) => logged.push(String(error)));
    page.shot = (label) => shots && page.screenshot({ path: path.join(shots, `${label}.png`) });
    try {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      await page.goto(at);
      await page.waitForFunction(() => document.getElementById('model').textContent !== 'loading…');
      await body(page);
      assert.deepEqual(logged.filter((text) => !mayLog.test(text)), []);
    } catch (problem) {
      await page.shot(`failed-${name.replaceAll(/\W+/g, '-')}`);
      throw problem;
    } finally {
      await page.close();
    }
  });
}

/** Settings by id; the details are opened first. */
async function set(page, values) {
  await page.locator('#settings').evaluate((details) => (details.open = true));
  for (const [id, value] of Object.entries(values)) await page.fill(`#${id}`, String(value));
}

/** Types the question and presses Enter. */
async function say(page, text) {
  await page.fill('#message', text);
  await page.press('#message', 'Enter');
}

const answers = (page) => page.locator('article.assistant');
const idle = (page) => page.waitForSelector('#send:not([hidden])');
const written = (page, characters) =>
  page.waitForFunction((n) => (document.querySelector('article.assistant:last-of-type')?.firstChild?.data.length ?? 0) >= n, characters);
const textOf = (locator) => locator.evaluate((article) => article.firstChild.data);
const bodyOf = (page) => page.waitForRequest('**/v1/chat/completions').then((request) => request.postDataJSON());
const noSidewaysScroll = async (page) =>
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
const STORY = 'Write a long story about a lighthouse keeper and his daughter.';

await pageLaw('a chat streams and the second turn knows the first', async (page) => {
  await page.shot('empty');
  assert.match(await page.textContent('#model'), /smollm2-135m-instruct · \d+ tokens/);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'message');
  await set(page, { temperature: 0, max_tokens: 60 });
  await say(page, 'My name is Ada. Tell me three facts about the sea.');
  await written(page, 1);
  const lengths = new Set();
  while (await page.isVisible('#stop')) {
    lengths.add((await answers(page).last().innerText()).length);
    await page.waitForTimeout(20);
  }
  assert.ok(lengths.size >= 3, `seen with the lengths ${[...lengths]}`);
  assert.match(await answers(page).first().locator('small').innerText(), /^\d+ tokens · [\d.]+ tokens\/s · first token \d+ ms/);
  const first = await textOf(answers(page).first());
  const [body] = await Promise.all([bodyOf(page), say(page, 'What is my name?')]);
  assert.deepEqual(body.messages.map(({ role }) => role), ['user', 'assistant', 'user']);
  assert.equal(body.messages[1].content, first);
  await idle(page);
  assert.equal(await page.locator('article').count(), 4);
  assert.match(await answers(page).last().locator('small').innerText(), /\d+ prompt tokens from cache/);
  await page.shot('chat');
});

for (const [name, stop] of [
  ['the stop button', (page) => page.click('#stop')],
  ['Escape', (page) => page.keyboard.press('Escape')],
]) {
  await pageLaw(`${name} stops an answer, keeps its text and lets the chat go on`, async (page) => {
    await set(page, { temperature: 0, max_tokens: 2000 });
    await say(page, STORY);
    await written(page, 40);
    await page.shot('streaming');
    await stop(page);
    await idle(page);
    assert.match(await answers(page).first().locator('small').innerText(), / · stopped$/);
    const kept = await textOf(answers(page).first());
    await page.waitForTimeout(300);
    assert.equal(await textOf(answers(page).first()), kept);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'message');
    await set(page, { max_tokens: 8 });
    const [body] = await Promise.all([bodyOf(page), say(page, 'Go on.')]);
    assert.equal(body.messages[1].content, kept);
    await idle(page);
    assert.match(await answers(page).last().locator('small').innerText(), /cut off: max tokens reached/);
    await page.shot('stopped');
  });
}

await pageLaw('an answer stopped before its first word gives the question back', async (page) => {
  let goOn;
  await page.route('**/v1/chat/completions', async (route) => {
    await new Promise((resolve) => (goOn = resolve));
    await route.abort().catch(() => {});
  });
  await say(page, 'Hello?');
  await page.waitForSelector('#stop:not([hidden])');
  await page.shot('waiting');
  await page.keyboard.press('Escape');
  await idle(page);
  goOn?.();
  assert.equal(await page.locator('article').count(), 0);
  assert.equal(await page.inputValue('#message'), 'Hello?');
});

await pageLaw('a new chat forgets the old one, even while it is being answered', async (page) => {
  await set(page, { temperature: 0, max_tokens: 2000 });
  await say(page, STORY);
  await written(page, 20);
  await page.click('#new');
  await page.waitForTimeout(200);
  assert.equal(await page.locator('article').count(), 0);
  assert.ok(await page.isVisible('.hint'));
  await set(page, { max_tokens: 8 });
  const [body] = await Promise.all([bodyOf(page), say(page, 'Hello')]);
  assert.deepEqual(body.messages, [{ role: 'user', content: 'Hello' }]);
  await idle(page);
  assert.equal(await page.locator('article').count(), 2);
});

await pageLaw('sampling settings are sent as they stand', async (page) => {
  const settings = { temperature: 0.33, top_p: 0.92, top_k: 7, min_p: 0.05, repetition_penalty: 1.2, max_tokens: 5, seed: 42 };
  await set(page, { ...settings, system: 'You are a pirate.' });
  await page.shot('settings');
  const [body] = await Promise.all([bodyOf(page), say(page, 'Who are you?')]);
  await idle(page);
  assert.deepEqual(body.messages[0], { role: 'system', content: 'You are a pirate.' });
  for (const [name, value] of Object.entries(settings)) assert.equal(body[name], value, name);
  const once = await textOf(answers(page).last());
  await page.click('#new');
  await say(page, 'Who are you?');
  await idle(page);
  assert.equal(await textOf(answers(page).last()), once, 'the same seed gives the same answer');
  await page.fill('#seed', '');
  const [again] = await Promise.all([bodyOf(page), say(page, 'Who are you?')]);
  assert.ok(!('seed' in again));
  await idle(page);
});

await pageLaw('a setting out of range is shown and nothing is sent', async (page) => {
  let sent = 0;
  page.on('request', (request) => (sent += request.url().endsWith('/v1/chat/completions') ? 1 : 0));
  await set(page, { temperature: 3 });
  await page.locator('#settings').evaluate((details) => (details.open = false));
  await say(page, 'Hello');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'temperature');
  assert.ok(await page.isVisible('#temperature'));
  assert.equal(await page.inputValue('#message'), 'Hello');
  await page.shot('invalid');
  await page.waitForTimeout(100);
  assert.equal(sent, 0);
  await page.fill('#temperature', '0');
  await page.fill('#max_tokens', '4');
  await page.press('#message', 'Enter');
  await idle(page);
  await page.waitForSelector('article.assistant small');
  assert.equal(sent, 1);
});

await pageLaw('everything can be reached and done by keyboard, and the focus is seen', async (page) => {
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.tagName.toLowerCase());
  const outlined = () => page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== 'none');
  await page.focus('#conversation');
  const order = [];
  for (const key of ['Shift+Tab', 'Tab', 'Tab', 'Tab', 'Tab']) {
    await page.keyboard.press(key);
    order.push(await focused());
    assert.ok(await outlined(), `${order.at(-1)} shows no focus`);
  }
  assert.deepEqual(order, ['new', 'conversation', 'summary', 'message', 'send']);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter'); // opens the settings
  const settings = ['system', 'temperature', 'top_p', 'top_k', 'min_p', 'repetition_penalty', 'max_tokens', 'seed'];
  for (const id of settings) {
    await page.keyboard.press('Tab');
    assert.equal(await focused(), id);
    if (id === 'max_tokens') {
      await page.keyboard.press('Control+a');
      await page.keyboard.type('2000');
    }
  }
  await page.shot('keyboard');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Count');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('from one to nine hundred.');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter'); // on Send
  await page.waitForSelector('#stop:not([hidden])');
  assert.equal(await focused(), 'stop');
  await written(page, 5);
  await page.keyboard.press('Enter'); // on Stop
  await idle(page);
  assert.equal(await focused(), 'message');
  assert.equal(await page.locator('article.user').innerText(), 'Count\nfrom one to nine hundred.');
});

for (const [width, height, scheme] of [[360, 640, 'light'], [1200, 800, 'dark'], [360, 640, 'dark']]) {
  await pageLaw(`everything fits ${width} pixels, ${scheme}`, async (page) => {
    await page.shot(`empty-${width}-${scheme}`);
    await noSidewaysScroll(page);
    await set(page, { temperature: 0, max_tokens: 80 });
    await noSidewaysScroll(page);
    await page.shot(`settings-${width}-${scheme}`);
    await page.locator('#settings').evaluate((details) => (details.open = false));
    await say(page, `Explain ${'very'.repeat(40)} long words, and https://example.invalid/${'path/'.repeat(30)} too.`);
    await idle(page);
    await noSidewaysScroll(page);
    for (const id of ['new', 'send', 'message']) {
      const box = await page.locator(`#${id}`).boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= width && box.y >= 0 && box.y + box.height <= height, `${id} is out of sight`);
    }
    await page.shot(`chat-${width}-${scheme}`);
  }, { width, height, scheme });
}

await pageLaw('a long answer is followed, unless its reader scrolls away', async (page) => {
  await set(page, { temperature: 0, max_tokens: 2000, repetition_penalty: 1.05 });
  await page.locator('#settings').evaluate((details) => (details.open = false));
  const gap = () => page.locator('#conversation').evaluate((c) => c.scrollHeight - c.scrollTop - c.clientHeight);
  const overflows = (by) => page.waitForFunction((n) => {
    const c = document.getElementById('conversation');
    return c.scrollHeight > c.clientHeight + n;
  }, by);
  await say(page, STORY);
  await overflows(100);
  assert.ok((await gap()) < 48, `the end is ${await gap()} pixels away`);
  await page.shot('long');
  await page.locator('#conversation').evaluate((c) => (c.scrollTop = 0));
  const before = await page.locator('#conversation').evaluate((c) => c.scrollHeight);
  await page.waitForFunction((n) => document.getElementById('conversation').scrollHeight > n || document.getElementById('stop').hidden, before);
  assert.equal(await page.locator('#conversation').evaluate((c) => c.scrollTop), 0);
  await page.keyboard.press('Escape');
  await idle(page);
}, { width: 600, height: 400 });

await pageLaw('a prompt over the window is refused with both numbers and can be shortened', async (page) => {
  await set(page, { max_tokens: 8, temperature: 0 });
  await page.locator('#settings').evaluate((details) => (details.open = false));
  const long = 'word '.repeat(10_000).trim();
  await say(page, long);
  await idle(page);
  assert.match(await page.innerText('article.failed'), /\d{4,}.*\d{4,}/s);
  assert.equal(await page.inputValue('#message'), long);
  const [problem, whole] = [await page.locator('article.failed').boundingBox(), await page.locator('#conversation').boundingBox()];
  assert.ok(problem.y >= whole.y && problem.y + problem.height <= whole.y + whole.height, 'the reason is out of sight');
  await page.shot('too-long');
  const [body] = await Promise.all([bodyOf(page), say(page, 'Hello')]);
  assert.deepEqual(body.messages, [{ role: 'user', content: 'Hello' }]);
  await idle(page);
  assert.equal(await page.locator('article').count(), 2);
}, { mayLog: /status of 400/ });

const serverPort = Number(new URL(url).port);
let wire = await proxy(serverPort);
await pageLaw('a broken connection keeps what came, and a server that is gone is named', async (page) => {
  await set(page, { temperature: 0, max_tokens: 2000 });
  await say(page, STORY);
  await written(page, 40);
  await wire.cut();
  await page.waitForSelector('article.failed');
  await idle(page);
  assert.match(await page.innerText('article.failed small'), /connection broke/);
  assert.equal(await page.inputValue('#message'), STORY);
  await page.shot('broken');
  await page.press('#message', 'Enter');
  await page.waitForFunction(() => /server does not answer/.test(document.querySelector('article.failed')?.textContent));
  assert.equal(await page.locator('article').count(), 2);
  await page.shot('gone');
  wire = await proxy(serverPort, wire.port);
  await set(page, { max_tokens: 8 });
  const [body] = await Promise.all([bodyOf(page), page.press('#message', 'Enter')]);
  assert.deepEqual(body.messages, [{ role: 'user', content: STORY }]);
  await idle(page);
  assert.equal(await page.locator('article').count(), 2);
  assert.equal(await page.locator('article.failed').count(), 0);
}, { at: `http://127.0.0.1:${wire.port}/`, mayLog: /ERR_|net::/ });
await wire.cut();

await law('no request leaves for another host', () => assert.deepEqual(strangers, []));

await context.close();
rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
