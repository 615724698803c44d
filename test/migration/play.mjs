/**
 * Runs rows of the guide, on any runtime.
 *
 * @param {{ before: string[], today: string[], fate: string }} row
 * @param {Record<string, unknown>} scope what the code may name
 * @returns {Promise<string | undefined>} what is not as the guide says
 */
export async function play({ before, today, fate }, scope) {
  for (const code of today) {
    const got = await run(code, scope);
    if (got.thrown !== undefined) return `today's "${code}": ${messageOf(got.thrown)}`;
  }
  for (const code of before) {
    const got = await run(code, scope);
    if (fateOf(got, fate) !== fate) return `the old "${code}": ${fateOf(got, fate)}, but the guide says "${fate}"`;
  }
  return undefined;
}

/** What became of it, in the guide's words, of which two mean that nothing was thrown. */
function fateOf({ thrown, value }, expected) {
  if (thrown !== undefined) return thrown instanceof TypeError ? "throws" : messageOf(thrown);
  return expected === "undefined" && value !== undefined ? "there" : expected === "throws" ? "works" : expected;
}

/** The value of the last expression, or what is thrown. */
async function run(code, scope) {
  const statements = code.split("; ");
  const last = statements.pop();
  const body = `"use strict"; ${statements.join("; ")}; return (${last});`;
  const AsyncFunction = run.constructor;
  try {
    return { value: await new AsyncFunction(...Object.keys(scope), body)(...Object.values(scope)) };
  } catch (thrown) {
    return { thrown };
  }
}

function messageOf(error) {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
}
