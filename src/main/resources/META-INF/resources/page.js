// A chat with the served model over its own OpenAI route. No framework, no request to another host.
const $ = (id) => document.getElementById(id);
const conversation = $('conversation');
const messages = [];
let running = null; // the AbortController of the answer that is being written

const NUMBERS = ['temperature', 'top_p', 'top_k', 'min_p', 'repetition_penalty', 'max_tokens', 'seed'];

async function describeModel() {
  try {
    const { data } = await (await fetch('v1/models')).json();
    const model = data[0];
    const facts = model.headrace ?? {};
    $('model').textContent = [model.id, `${model.max_model_len} tokens`, facts.kernels].filter(Boolean).join(' · ');
    $('model').title = Object.entries(facts).map(([key, value]) => `${key}: ${value}`).join('\n');
  } catch {
    $('model').textContent = 'the server does not answer';
  }
}

function bubble(role, text) {
  conversation.querySelector('.hint')?.remove();
  const article = document.createElement('article');
  article.className = role;
  article.textContent = text;
  conversation.append(article);
  article.scrollIntoView({ block: 'end' });
  return article;
}

function hint() {
  const p = document.createElement('p');
  p.className = 'hint';
  p.textContent = 'Say something to the model.';
  conversation.replaceChildren(p);
}

function request() {
  const system = $('system').value.trim();
  const body = {
    messages: system ? [{ role: 'system', content: system }, ...messages] : messages,
    stream: true,
    stream_options: { include_usage: true },
    timings: true,
  };
  for (const id of NUMBERS) {
    const field = $(id);
    if (field.value !== '') body[id] = Number(field.value);
  }
  return body;
}

// Yields the JSON documents of a stream of server-sent events.
async function* documents(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split('\n\n');
    rest = events.pop();
    for (const event of events) {
      if (!event.startsWith('data: ')) continue;
      const data = event.slice(6);
      if (data === '[DONE]') return;
      yield JSON.parse(data);
    }
  }
}

async function answer() {
  const article = bubble('assistant', '');
  const atBottom = () => conversation.scrollHeight - conversation.scrollTop - conversation.clientHeight < 80;
  const begun = performance.now();
  let first = 0;
  let tokens = 0;
  let text = '';
  let finish = null;
  let timings = null;
  running = new AbortController();
  busy(true);
  try {
    const response = await fetch('v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request()),
      signal: running.signal,
    });
    if (!response.ok) throw new Error((await response.json()).error?.message ?? response.statusText);
    for await (const chunk of documents(response)) {
      if (chunk.error) throw new Error(chunk.error.message);
      if (chunk.usage) tokens = chunk.usage.completion_tokens;
      if (chunk.timings) timings = chunk.timings;
      const choice = chunk.choices[0];
      if (!choice) continue;
      finish = choice.finish_reason ?? finish;
      const piece = choice.delta.content ?? '';
      if (!piece) continue;
      if (!first) first = performance.now();
      tokens++;
      text += piece;
      const follow = atBottom();
      article.textContent = text;
      if (follow) conversation.scrollTop = conversation.scrollHeight;
      figures(begun, first, tokens);
    }
    messages.push({ role: 'assistant', content: text });
    note(article, finish === 'length' ? 'cut: the most tokens were reached' : '', timings, begun, first, tokens);
  } catch (problem) {
    if (problem.name === 'AbortError') {
      messages.push({ role: 'assistant', content: text });
      note(article, 'stopped', null, begun, first, tokens);
    } else {
      article.classList.add('failed');
      article.textContent = (text ? text + '\n\n' : '') + problem.message;
      messages.pop(); // the question can be asked again
    }
  } finally {
    running = null;
    busy(false);
  }
}

function rate(first, tokens) {
  const seconds = (performance.now() - first) / 1000;
  return tokens > 1 && seconds > 0 ? ((tokens - 1) / seconds).toFixed(0) : '–';
}

function figures(begun, first, tokens) {
  $('figures').textContent = `first token ${(first - begun).toFixed(0)} ms · ${tokens} tokens · ${rate(first, tokens)} tokens/s`;
}

function note(article, remark, timings, begun, first, tokens) {
  if (!first) first = performance.now();
  const speed = timings ? timings.predicted_per_second.toFixed(0) : rate(first, tokens);
  const parts = [`${tokens} tokens`, `${speed} tokens/s`, `first token ${(first - begun).toFixed(0)} ms`];
  if (timings?.cache_n) parts.push(`${timings.cache_n} prompt tokens from cache`);
  if (remark) parts.push(remark);
  const small = document.createElement('small');
  small.textContent = parts.join(' · ');
  article.append(small);
  small.scrollIntoView({ block: 'end' });
  $('figures').textContent = '';
}

function busy(yes) {
  $('send').hidden = yes;
  $('stop').hidden = !yes;
  if (!yes) $('message').focus();
}

$('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = $('message').value.trim();
  if (!text || running) return;
  if (!$('composer').reportValidity()) return;
  $('message').value = '';
  messages.push({ role: 'user', content: text });
  bubble('user', text);
  answer();
});
$('message').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $('composer').requestSubmit();
  }
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') running?.abort();
});
$('stop').addEventListener('click', () => running?.abort());
$('new').addEventListener('click', () => {
  running?.abort();
  messages.length = 0;
  $('figures').textContent = '';
  hint();
  $('message').focus();
});

hint();
describeModel();
