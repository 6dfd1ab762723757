// OpenAI's own client against the server: sdk.mjs URL NODE_MODULES MODEL
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { law } from '../node/laws.mjs';

const [url, modules, model] = process.argv.slice(2);
const OpenAI = createRequire(path.join(modules, 'sdk.cjs'))('openai');
const client = new OpenAI({ baseURL: new URL('v1', url).href, apiKey: 'unused', maxRetries: 0, timeout: 60_000 });

const ask = (content, more = {}) => ({ model, messages: [{ role: 'user', content }], temperature: 0, max_tokens: 40, ...more });
const SEA = 'Name three animals that live in the sea.';

/** Runs `call`, which must throw a `kind`, and returns that. */
async function thrown(kind, call) {
  try {
    await call();
  } catch (problem) {
    assert.ok(problem instanceof kind, `${problem.constructor.name}: ${problem.message}`);
    return problem;
  }
  assert.fail(`no ${kind.name}`);
}

await law('a chat is answered as a chat.completion', async () => {
  const answer = await client.chat.completions.create(ask('What is 2 + 2?'));
  assert.equal(answer.object, 'chat.completion');
  assert.equal(answer.model, model);
  assert.equal(answer.choices.length, 1);
  assert.equal(answer.choices[0].message.role, 'assistant');
  assert.match(answer.choices[0].message.content, /4/);
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
});

await law('a stream adds up to the whole answer, with one end and one account', async () => {
  const whole = await client.chat.completions.create(ask(SEA));
  const stream = await client.chat.completions.create(ask(SEA, { stream: true, stream_options: { include_usage: true } }));
  let text = '';
  const ends = [];
  const usages = [];
  const ids = new Set();
  let chunks = 0;
  for await (const chunk of stream) {
    assert.equal(chunk.object, 'chat.completion.chunk');
    assert.equal(usages.length, 0, 'nothing follows the account');
    ids.add(`${chunk.id} ${chunk.created}`);
    if (chunks++ === 0) assert.equal(chunk.choices[0].delta.role, 'assistant');
    if (chunk.usage) {
      assert.deepEqual(chunk.choices, []);
      usages.push(chunk.usage);
      continue;
    }
    text += chunk.choices[0].delta.content ?? '';
    if (chunk.choices[0].finish_reason) ends.push(chunk.choices[0].finish_reason);
  }
  assert.equal(text, whole.choices[0].message.content);
  assert.deepEqual(ends, [whole.choices[0].finish_reason]);
  assert.equal(usages.length, 1);
  assert.equal(usages[0].prompt_tokens, whole.usage.prompt_tokens);
  assert.equal(usages[0].completion_tokens, whole.usage.completion_tokens);
  assert.equal(ids.size, 1);
  assert.ok(chunks > 5, `${chunks} chunks`);
});

await law("the client's own accumulator accepts the stream", async () => {
  const runner = client.chat.completions.stream(ask(SEA, { n: 2, logprobs: true, top_logprobs: 2, stream_options: { include_usage: true } }));
  const final = await runner.finalChatCompletion();
  assert.equal(final.choices.length, 2);
  assert.equal(final.choices[0].message.content, final.choices[1].message.content, 'both are greedy');
  assert.equal(final.choices[0].logprobs.content.map(({ token }) => token).join(''), final.choices[0].message.content);
  assert.ok(final.usage.completion_tokens > 0);
});

await law('log probabilities fall from the chosen token on', async () => {
  const answer = await client.chat.completions.create(ask(SEA, { logprobs: true, top_logprobs: 5, max_tokens: 12 }));
  const tokens = answer.choices[0].logprobs.content;
  assert.equal(tokens.length, answer.usage.completion_tokens);
  for (const token of tokens) {
    assert.ok(token.logprob <= 0);
    assert.deepEqual([...Buffer.from(token.token)], token.bytes);
    assert.equal(token.top_logprobs.length, 5);
    assert.equal(token.top_logprobs[0].token, token.token, 'greedy takes the most probable');
    assert.ok(token.top_logprobs.every(({ logprob }, i, all) => i === 0 || logprob <= all[i - 1].logprob));
  }
});

await law('n choices come in order, and a seed fixes them', async () => {
  const drawn = () => client.chat.completions.create(ask('Invent a name for a ship.', { n: 2, temperature: 1, seed: 7, max_tokens: 16 }));
  const [one, other] = [await drawn(), await drawn()];
  assert.deepEqual(one.choices.map(({ index }) => index), [0, 1]);
  assert.notEqual(one.choices[0].message.content, one.choices[1].message.content);
  assert.deepEqual(one.choices, other.choices);
});

await law('a stop string ends the answer before it', async () => {
  const whole = (await client.chat.completions.create(ask(SEA))).choices[0].message.content;
  const stop = whole.slice(20, 24);
  const answer = await client.chat.completions.create(ask(SEA, { stop: [stop] }));
  assert.equal(answer.choices[0].message.content, whole.slice(0, whole.indexOf(stop)));
  assert.equal(answer.choices[0].finish_reason, 'stop');
});

await law('max_completion_tokens cuts the answer', async () => {
  const { choices, usage } = await client.chat.completions.create({ ...ask(SEA, { max_completion_tokens: 3 }), max_tokens: undefined });
  assert.equal(choices[0].finish_reason, 'length');
  assert.equal(usage.completion_tokens, 3);
});

await law('a completion echoes its prompt with its log probabilities', async () => {
  const prompt = 'The capital of France is';
  const answer = await client.completions.create({ model, prompt, echo: true, logprobs: 2, max_tokens: 4, temperature: 0 });
  const { text, logprobs } = answer.choices[0];
  assert.equal(answer.object, 'text_completion');
  assert.ok(text.startsWith(prompt), text);
  assert.equal(logprobs.tokens.join(''), text);
  assert.equal(logprobs.token_logprobs[0], null);
  assert.ok(logprobs.token_logprobs.slice(1).every((logprob) => logprob <= 0));
  logprobs.tokens.forEach((token, i) => assert.equal(text.slice(logprobs.text_offset[i]).indexOf(token), 0));
  const scored = await client.completions.create({ model, prompt, echo: true, logprobs: 0, max_tokens: 0 });
  assert.equal(scored.choices[0].text, prompt);
  assert.equal(scored.usage.completion_tokens, 0);
});

await law('a list of prompts is answered prompt by prompt, whole and as a stream', async () => {
  const call = { model, prompt: ['One, two,', 'Red, green,'], temperature: 0, max_tokens: 6 };
  const whole = await client.completions.create(call);
  assert.deepEqual(whole.choices.map(({ index }) => index), [0, 1]);
  const texts = ['', ''];
  for await (const chunk of await client.completions.create({ ...call, stream: true })) {
    for (const choice of chunk.choices) texts[choice.index] += choice.text;
  }
  assert.deepEqual(texts, whole.choices.map(({ text }) => text));
});

await law('models are listed and found by name', async () => {
  const ids = [];
  for await (const entry of await client.models.list()) ids.push(entry.id);
  assert.deepEqual(ids, [model]);
  const found = await client.models.retrieve(model);
  assert.equal(found.object, 'model');
  assert.ok(Number.isInteger(found.created));
});

await law('a bad value is a BadRequestError that names the field', async () => {
  const error = await thrown(OpenAI.BadRequestError, () => client.chat.completions.create(ask('Hi', { temperature: 3 })));
  assert.equal(error.param, 'temperature');
  assert.equal(error.code, 'invalid_value');
  assert.equal(error.type, 'invalid_request_error');
  assert.ok(error.requestID);
});

await law('a prompt over the window is a BadRequestError with its own code', async () => {
  const error = await thrown(OpenAI.BadRequestError, () => client.chat.completions.create(ask('word '.repeat(10_000))));
  assert.equal(error.code, 'context_length_exceeded');
});

await law('a refused stream is an error, not a stream', async () => {
  await thrown(OpenAI.BadRequestError, () => client.chat.completions.create(ask('Hi', { stream: true, top_p: 2 })));
});

await law('an unknown model and an unknown route are NotFoundErrors', async () => {
  const error = await thrown(OpenAI.NotFoundError, () => client.chat.completions.create(ask('Hi', { model: 'no-such-model' })));
  assert.equal(error.code, 'model_not_found');
  await thrown(OpenAI.NotFoundError, () => client.models.retrieve('no-such-model'));
  await thrown(OpenAI.NotFoundError, () => client.images.generate({ prompt: 'a ship' }));
});

await law('an aborted stream ends quietly and the server goes on', async () => {
  const stream = await client.chat.completions.create(ask('Write a long story.', { stream: true, max_tokens: 1500 }));
  let chunks = 0;
  for await (const _ of stream) if (++chunks === 5) stream.controller.abort();
  assert.ok(chunks >= 5);
  const cut = new AbortController();
  setTimeout(() => cut.abort(), 200);
  await thrown(OpenAI.APIUserAbortError, () => client.chat.completions.create(ask('Write a long story.', { max_tokens: 1500 }), { signal: cut.signal }));
  assert.ok((await client.chat.completions.create(ask('Hi', { max_tokens: 4 }))).choices[0].message.content);
});
