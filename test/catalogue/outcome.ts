/** How a session must end, in the catalogue's own notation. */
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { inspect } from "node:util";
import type { Client } from "./client.ts";
import type { TestServer } from "./server.ts";

const reasons = {
  TE: "transport error",
  TC: "transport close",
  PE: "parse error",
  PT: "ping timeout",
  FC: "forced close",
} as const;

/** `PT`, `TE(overlap from client)`, `FC+err(invalid payload)`: a reason, a local `error` event, words of the description. */
const notation = /^(TE|TC|PE|PT|FC)(\+err)?(?:\((.*)\))?$/;

/**
 * Waits for the session's end and compares it with `outcome`.
 *
 * `input` is what the client sent, for the failure's message.
 */
export async function assertEnd(server: TestServer, client: Pick<Client, "sid">, outcome: string, input?: unknown): Promise<void> {
  const [, short, error, words = ""] = notation.exec(outcome) ?? assert.fail(`no outcome: ${outcome}`);
  const reason = reasons[short as keyof typeof reasons];
  const end = await server.first("close", client);
  await turn(); // The sockets of the session are told in the same turn, before or after.
  const disconnects = server.all("disconnect", client);
  const errors = server.all("error", client).map(({ message }) => message);
  const seen = `${inspect(input).slice(0, 200)} ended with "${end.reason}" ${JSON.stringify(describe(end.description))}`;

  assertReason(end.reason, reason, seen);
  for (const disconnect of disconnects) assertReason(disconnect.reason, reason, seen);
  if (error === undefined) {
    assert.deepEqual(errors, [], seen);
    if (words !== "") assertWords([end, ...disconnects].flatMap(({ description }) => describe(description)), words, seen);
  } else if (disconnects.length > 0) {
    assertWords(errors, words, seen);
  }
}

/** The sockets' reason differs from the session's when the session's last packets still waited for a poll. */
function assertReason(actual: string, expected: string, seen: string): void {
  if (expected === reasons.FC && actual === "forced server close") return;
  assert.equal(actual, expected, seen);
}

function assertWords(texts: readonly string[], words: string, seen: string): void {
  const wanted = words.toLowerCase();
  assert(
    texts.some((text) => text.toLowerCase().includes(wanted)),
    `${seen}; expected "${words}" in ${JSON.stringify(texts)}`,
  );
}

/** Every text in a description: an error, perhaps with a cause, a code or a description of its own. */
export function describe(description: unknown): string[] {
  if (typeof description === "string" || typeof description === "number") return [String(description)];
  if (typeof description !== "object" || description === null) return [];
  const { message, code, cause, description: inner } = description as Record<string, unknown>;
  return [message, code, cause, inner].flatMap(describe);
}
