// One line of JSON on standard output for every law: {"law": NAME, "failure": null or what went wrong}.

/** Runs `body`; its failure does not keep the next law from being tried. */
export async function law(name, body) {
  let failure = null;
  try {
    await body();
  } catch (problem) {
    failure = problem.stack ?? String(problem);
  }
  process.stdout.write(JSON.stringify({ law: name, failure }) + '\n');
}
