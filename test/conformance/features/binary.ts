import assert from "node:assert/strict";
import { type Feature, needing } from "../feature.ts";
import { ask, bytesOf, next } from "../stage.ts";

export const binary: readonly Feature[] = [
  {
    name: "binary, both ways",
    scenarios: {
      "nested in arrays and objects, and empty": async (stage) => {
        const client = await stage.join();
        const bytes = Buffer.from([0, 1, 127, 128, 255]);
        const heard = next<[unknown, { deep: [{ bytes: unknown; text: string }] }, unknown]>(client, "echo");
        await stage.step();
        client.emit("echo", bytes, { deep: [{ bytes: bytes.subarray(1), text: "t" }] }, Buffer.alloc(0));
        const [first, { deep: [second] }, third] = await heard;
        assert.deepEqual([first, second.bytes, third].map(bytesOf), [[...bytes], [...bytes.subarray(1)], []]);
        assert.equal(second.text, "t");
      },
      "the server may send buffers and every view of them": async (stage) => {
        const client = await stage.join();
        await stage.step();
        const heard = next<[unknown, { deep: [{ bytes: unknown; text: string }] }, unknown, unknown]>(client, "bytes");
        client.emit("send bytes");
        const [first, { deep: [second] }, third, fourth] = await heard;
        assert.deepEqual([first, second.bytes, third, fourth].map(bytesOf), [[0, 1, 127, 128, 255], [1, 127, 128, 255], [0, 1], [128, 255]]);
        assert.equal(second.text, "t");
      },
      "ten attachments keep their order": async (stage) => {
        const client = await stage.join();
        const parts = Array.from({ length: 10 }, (_, n) => Buffer.from([n, n + 1]));
        await stage.step();
        const answers = new Promise<unknown[]>((resolve) => client.emit("echo", ...parts, (...args: unknown[]) => resolve(args)));
        assert.deepEqual((await answers).map(bytesOf), parts.map((part) => [...part]));
      },
      "600 KB": async (stage) => {
        const client = await stage.join();
        const bytes = Buffer.alloc(600_000, "0123456789");
        assert.ok(bytes.equals(Buffer.from(await ask<ArrayBuffer>(client, "echo", bytes))));
      },
    },
  },
  {
    name: "type of received bytes",
    cell: (host) => `\`${host.binary}\``,
    scenarios: {
      "is the same on every transport": async (stage) => {
        const client = await stage.join();
        await stage.step();
        const sent = [Buffer.from([1]), Uint16Array.of(3).buffer];
        assert.deepEqual(await ask(client, "kinds", sent), [stage.host.binary, stage.host.binary]);
      },
      "is the same whatever the client sent": needing(["sends views"], async (stage) => {
        const client = await stage.join();
        await stage.step();
        const sent = [Uint8Array.of(2), new DataView(new ArrayBuffer(2))];
        assert.deepEqual(await ask(client, "kinds", sent), [stage.host.binary, stage.host.binary]);
      }),
    },
  },
];
