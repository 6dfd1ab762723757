// A chat with the served model over its own OpenAI route. No framework, no request to another host.
import { documents } from './stream.js';

const $ = (id) => document.getElementById(id);
const conversation = $('conversation');
const NUMBERS = ['temperature', 'top_p', 'top_k', 'min_p', 'repetition_penalty', 'max_tokens', 'seed'];

let messages = []; // what the model is told; the bubbles on screen say the same
let running = null; // the Turn that is being answered
let failed = null; // the last Turn when it failed; it leaves the screen when the next question is asked

/** One question and its answer, on screen and on the wire. */
class Turn {
  text = '';
  tokens = 0;
  finish = null;
  timings = null;
  begun = performance.now();
  first = 0;
  forgotten = false; // the conversation it belonged to is gone
  #abort = new AbortController();

  constructor(question) {
    this.question = question;
    this.asked = bubble('user', 'You', question);
    this.answer = bubble('assistant', 'Answer', '');
    this.answer.setAttribute('aria-busy', 'true');
    this.written = this.answer.appendChild(document.createTextNode(''));
  }

  stop() {
    this.#abort.abort();
  }

  async run() {
    try {
      const response = await ask([...messages, { role: 'user', content: this.question }], this.#abort.signal);
      for await (const chunk of documents(response)) this.#take(chunk);
      this.#keep(this.finish === 'length' ? 'cut off: max tokens reached' : '');
    } catch (problem) {
      if (problem.name !== 'AbortError') this.#fail(problem);
      else if (this.text) this.#keep('stopped');
      else this.#withdraw();
    }
    this.answer.removeAttribute('aria-busy');
  }

  #take(chunk) {
    if (chunk.error) throw new Error(chunk.error.message);
    if (chunk.usage) this.tokens = chunk.usage.completion_tokens;
    if (chunk.timings) this.timings = chunk.timings;
    const choice = chunk.choices[0];
    if (!choice) return;
    this.finish = choice.finish_reason ?? this.finish;
    const piece = choice.delta.content;
    if (!piece) return;
    if (!this.first) this.first = performance.now();
    this.tokens++;
    this.text += piece;
    following(() => this.written.appendData(piece));
    $('figures').textContent = this.#figures().join(' · ');
  }

  #figures() {
    const seconds = (performance.now() - this.first) / 1000;
    const rate = this.timings?.predicted_per_second ?? (seconds > 0 ? (this.tokens - 1) / seconds : 0);
    const parts = [`${this.tokens} ${this.tokens === 1 ? 'token' : 'tokens'}`];
    if (this.tokens > 1 && rate > 0) parts.push(`${rate.toFixed(rate < 10 ? 1 : 0)} tokens/s`);
    if (this.first) parts.push(`first token ${(this.first - this.begun).toFixed(0)} ms`);
    return parts;
  }

  #keep(remark) {
    if (this.forgotten) return;
    messages.push({ role: 'user', content: this.question }, { role: 'assistant', content: this.text });
    const parts = this.#figures();
    if (this.timings?.cache_n) parts.push(`${this.timings.cache_n} prompt tokens from cache`);
    if (remark) parts.push(remark);
    this.#note(parts.join(' · '));
  }

  /** Stopped before the first word: as if it had never been asked. */
  #withdraw() {
    if (this.forgotten) return;
    this.remove();
    restore(this.question);
  }

  #fail(problem) {
    if (this.forgotten) return;
    failed = this;
    this.answer.classList.add('failed');
    this.answer.setAttribute('role', 'alert');
    following(() => {
      this.#note(problem.message);
      restore(this.question); // a long question makes the composer taller and the conversation shorter
    });
  }

  #note(text) {
    const small = document.createElement('small');
    small.textContent = text;
    following(() => this.answer.append(small));
  }

  remove() {
    this.asked.remove();
    this.answer.remove();
    if (!conversation.querySelector('article')) hint();
  }
}

/** The answer's event stream, or an Error that says what to do. */
async function ask(conversation, signal) {
  const system = $('system').value.trim();
  const body = {
    messages: system ? [{ role: 'system', content: system }, ...conversation] : conversation,
    stream: true,
    stream_options: { include_usage: true },
    timings: true,
  };
  for (const id of NUMBERS) if ($(id).value !== '') body[id] = Number($(id).value);
  let response;
  try {
    response = await fetch('v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
  } catch (problem) {
    if (problem.name === 'AbortError') throw problem;
    throw new Error('The server does not answer. Start it again, then send the question once more.', { cause: problem });
  }
  if (response.ok) return response;
  const error = await response.json().then((json) => json.error, () => null);
  throw new Error(error?.message ?? `The server answered ${response.status} ${response.statusText}.`);
}

async function describeModel() {
  try {
    const [model] = (await (await fetch('v1/models')).json()).data;
    const facts = model.headrace ?? {};
    $('model').textContent = [model.id, `${model.max_model_len} tokens`].join(' · ');
    $('model').title = Object.entries(facts).map(([key, value]) => `${key}: ${value}`).join('\n');
  } catch {
    $('model').textContent = 'the server does not answer';
  }
}

function bubble(kind, label, text) {
  conversation.querySelector('.hint')?.remove();
  const article = document.createElement('article');
  article.className = kind;
  article.setAttribute('aria-label', label);
  if (text) article.textContent = text;
  conversation.append(article);
  conversation.scrollTop = conversation.scrollHeight;
  return article;
}

/** Changes the conversation and stays at its end, unless the reader has scrolled away from there. */
function following(change) {
  const atEnd = conversation.scrollHeight - conversation.scrollTop - conversation.clientHeight < 48;
  change();
  if (atEnd) conversation.scrollTop = conversation.scrollHeight;
}

function hint() {
  const p = document.createElement('p');
  p.className = 'hint';
  p.textContent = 'Say something to the model.';
  conversation.replaceChildren(p);
}

/** Puts a question back where it can be sent again, unless the next one is being typed. */
function restore(question) {
  if (!$('message').value) $('message').value = question;
}

/** The first setting that cannot be sent gets the focus and says why. */
function settingsAreValid() {
  const wrong = NUMBERS.map($).find((field) => !field.checkValidity());
  if (!wrong) return true;
  $('settings').open = true;
  wrong.reportValidity();
  return false;
}

function busy(yes) {
  const focus = document.activeElement;
  $('send').hidden = yes;
  $('stop').hidden = !yes;
  $('figures').textContent = yes ? 'waiting for the first token…' : '';
  if (focus === $('send')) $('stop').focus();
  else if (!yes && (focus === $('stop') || focus === document.body)) $('message').focus();
}

$('composer').addEventListener('submit', async (event) => {
  event.preventDefault();
  const question = $('message').value.trim();
  if (!question || running || !settingsAreValid()) return;
  $('message').value = '';
  failed?.remove();
  failed = null;
  const turn = new Turn(question);
  running = turn;
  busy(true);
  await turn.run();
  if (running !== turn) return;
  running = null;
  busy(false);
});
$('message').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $('composer').requestSubmit();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') running?.stop();
});
$('stop').addEventListener('click', () => running?.stop());
$('new').addEventListener('click', () => {
  if (running) {
    running.forgotten = true;
    running.stop();
    running = null;
    busy(false);
  }
  messages = [];
  failed = null;
  hint();
  $('message').focus();
});

hint();
describeModel();
