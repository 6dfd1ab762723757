// Reads the server-sent events of OpenAI's streaming routes.

/** Yields the JSON documents of a stream, which must end with [DONE]. */
export async function* documents(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await read(reader);
    if (done) throw new Error(BROKEN);
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

const BROKEN = 'The connection broke before the answer was complete.';

async function read(reader) {
  try {
    return await reader.read();
  } catch (problem) {
    if (problem.name === 'AbortError') throw problem;
    throw new Error(BROKEN, { cause: problem });
  }
}
