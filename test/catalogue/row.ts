/** One test for one row of the catalogue. */
import { test } from "vitest";
import { boundRows, inputRows, type Row } from "./ids.ts";
import { isOracle, type Options, TestServer } from "./server.ts";

type Id = keyof typeof inputRows | keyof typeof boundRows;

const rows: Readonly<Record<string, Row>> = { ...inputRows, ...boundRows };

/** Replays a row against a server of its own. */
export function row(id: Id, options: Options, run: (server: TestServer) => Promise<void>): void {
  const { input, outcome, better = false } = rows[id]!;
  test.skipIf(isOracle && better)(`${id}: ${input} → ${outcome}`, () => replay(options, run));
}

/** Runs one case, then looks whether anyone else came to harm, whatever has become of the case itself. */
export async function replay(options: Options, run: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await TestServer.start(options);
  try {
    await run(server).finally(() => server.unharmed());
  } finally {
    await server.stop();
  }
}
