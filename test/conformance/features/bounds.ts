import assert from "node:assert/strict";
import { Queue } from "../../interop/queue.ts";
import type { Feature } from "../feature.ts";
import { within } from "../patience.ts";
import { ask, type Stage } from "../stage.ts";

const MiB = 1_048_576;

export const bounds: readonly Feature[] = [
  {
    name: "payloads of 900 KB",
    scenarios: {
      "pass, both ways": async (stage) => {
        const client = await stage.join();
        const text = "0123456789".repeat(90_000);
        await stage.step();
        assert.equal(await ask(client, "echo", text), text);
      },
    },
  },
  {
    name: "a message past the limit closes the WebSocket with 1009",
    needs: ["is on its own"],
    ways: ["websocket"],
    scenarios: {
      "at the limit it passes": async (stage) => {
        const session = await stage.raw();
        await session.connect();
        await session.send(echo(1_000_000));
        assert.equal(await session.next(), echo(1_000_000));
      },
      "one byte more does not": async (stage) => {
        const session = await stage.raw();
        await session.connect();
        await session.send(echo(1_000_001));
        assert.equal((await within("the end", session.wire!.closed)).code, 1009);
      },
    },
  },
  {
    name: "a body past the limit gets 413",
    needs: ["is on its own"],
    ways: ["polling"],
    scenarios: {
      "at the limit it passes": async (stage) => {
        const session = await stage.raw();
        await session.connect();
        await session.send(echo(1_000_000));
        assert.equal(await session.next(), echo(1_000_000));
      },
      "by its length": async (stage) => {
        const session = await stage.raw();
        const response = await session.post(echo(1_000_001));
        assert.equal(response.status, 413);
        await gone(stage, session.query());
      },
      "by what was read": async (stage) => {
        const session = await stage.raw();
        const init = { method: "POST", body: chunks(17, 65_536), duplex: "half" } as RequestInit;
        const response = await stage.fetch(session.query(), init);
        assert.equal(response.status, 413);
        await gone(stage, session.query());
      },
    },
  },
  {
    name: "a slow reader is bounded and closed, others go on",
    profile: "narrow",
    ways: ["websocket"],
    scenarios: {
      "with `transport error`": async (stage) => {
        const writer = await stage.join();
        const slow = await stage.raw();
        const id = await slow.connect();
        const [reports, listener] = Queue.of();
        writer.on("watched", listener);
        await ask(writer, "watch", id);
        slow.wire!.pause();
        let sent = 0;
        // The limit is 1 MiB; what the two ends of a TCP connection hold comes on top.
        for (; reports.size === 0 && sent < 32 * MiB; sent += 65_536) await ask(writer, "fill", id, 65_536);
        const [what, reason] = await within("the end of the slow reader", reports.next());
        assert.deepEqual([what, reason], ["disconnecting", "transport error"]);
        assert.ok(sent < 24 * MiB, `${sent} bytes were taken for a reader that takes none`);
        assert.equal(await ask(writer, "echo", "still here"), "still here");
      },
    },
  },
];

/** A packet of this length that the app sends back as it is. */
function echo(length: number): string {
  const [head, tail] = ['42["echo","', '"]'];
  return head + "x".repeat(length - head.length - tail.length) + tail;
}

/** The session does not exist any more. */
async function gone(stage: Stage, query: string): Promise<void> {
  const response = await stage.fetch(query);
  const text = await response.text();
  // Its last words may still wait to be asked for.
  assert.ok(text === "1" || text.includes('"code":1'), text);
}

function chunks(count: number, size: number): ReadableStream<Uint8Array> {
  let left = count;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      left -= 1;
      controller.enqueue(new Uint8Array(size).fill(120));
    },
  });
}
