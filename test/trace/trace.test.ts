/** One app, two servers, the same trace. */
import assert from "node:assert/strict";
import * as released from "socket.io";
import { beforeAll, describe, test } from "vitest";
import * as omnisocket from "../../runtimes/node.ts";
import { runTrace } from "./app.ts";
import { improved } from "./better.ts";
import type { SocketIO } from "./stage.ts";

/** Every row of the server API. */
const ROWS = [
  "SRV-1", "SRV-3", "SRV-4", "SRV-5", "SRV-7/8", "SRV-9", "SRV-10", "SRV-11..15", "SRV-16", "SRV-17/18", "SRV-19", "SRV-20",
  "SRV-21/22", "SRV-23", "SRV-24", "SRV-25", "SRV-27", "NSP-1", "NSP-2", "NSP-3", "NSP-4", "NSP-6", "NSP-7/8", "NSP-10",
  "SOK-1", "SOK-2", "SOK-3", "SOK-4..6", "SOK-7/8", "SOK-9", "SOK-10..12", "SOK-13", "SOK-14", "SOK-15", "SOK-16/17",
  "SOK-18", "SOK-19", "SOK-20", "BCO-1", "BCO-2", "BCO-3", "BCO-4", "RSO-1", "ADP-1", "ENG-1", "ENG-2",
];

describe("the trace", () => {
  let upstream: string[] = [];
  let ours: string[] = [];

  beforeAll(async () => {
    upstream = await runTrace(released);
    ours = await runTrace(omnisocket as unknown as SocketIO);
  }, 120_000);

  test("touches every row", () => {
    const missing = ROWS.filter((row) => !upstream.some((line) => line.startsWith(`== ${row}: `)));
    assert.deepEqual(missing, []);
  });

  test("of released socket.io has no section that fails", () => {
    assert.deepEqual(upstream.filter(isFailure), []);
  });

  test("is the same, except where ours is better", () => {
    assert.equal(ours.join("\n"), improved(upstream).join("\n"));
  });
});

function isFailure(line: string): boolean {
  return line === "timeout" || line.startsWith("failed ");
}
