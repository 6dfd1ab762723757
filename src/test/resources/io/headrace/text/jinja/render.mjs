// Renders templates with @huggingface/jinja. Reads JSON lines {template, context} and writes, for each, {text} or {error}.
// Usage: node render.mjs NODE_MODULES_FOLDER
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.argv[2], "package.json"));
const { Template } = await import(pathToFileURL(require.resolve("@huggingface/jinja")).href);

// The golden moment instead of now, for the package's own strftime_now.
const Now = Date;
globalThis.Date = class extends Now {
  constructor(...given) {
    super(...(given.length > 0 ? given : [2026, 10, 21, 9, 30, 0]));
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  const { template, context } = JSON.parse(line);
  try {
    const text = new Template(template).render(context);
    console.log(JSON.stringify({ text }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error.message ?? error) }));
  }
}
