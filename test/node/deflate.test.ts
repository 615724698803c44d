/** Which WebSocket messages are compressed, where the option `perMessageDeflate` asks for it. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, onTestFinished, test } from "vitest";
import { Server } from "../../runtimes/node.ts";
import { Opcode, Wire, encodeFrame } from "../catalogue/wire.ts";
import { startForTest } from "../deno/program.ts";

type Deflate = boolean | { threshold?: number };

/** What starts a server that says what it is told to, by runtime. Gives its port. */
const runtimes: Readonly<Record<string, (perMessageDeflate: Deflate) => Promise<number>>> = {
  async node(perMessageDeflate) {
    const http = createServer();
    const io = new Server(http, { perMessageDeflate });
    io.on("connection", (socket) => socket.on("say", (word: unknown) => socket.emit("said", word)));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => io.close());
    return (http.address() as AddressInfo).port;
  },
  async bun(perMessageDeflate) {
    const env = { DEFLATE: JSON.stringify(perMessageDeflate) };
    const { url } = await startForTest("bun", ["run", "test/bun/programs/deflating.ts"], env);
    return Number(new URL(url).port);
  },
};

describe.each(Object.keys(runtimes))("on %s, WebSocket messages", (runtime) => {
  test("are compressed from 1,024 bytes by default", async () => {
    const client = await Client.connect(await runtimes[runtime]!(true));
    assert.deepEqual(await client.areCompressed([20, 1_023, 1_024, 5_000]), [false, false, true, true]);
  });

  test("are compressed from `threshold` bytes", async () => {
    const client = await Client.connect(await runtimes[runtime]!({ threshold: 100 }));
    assert.deepEqual(await client.areCompressed([99, 100]), [false, true]);
  });

  test("are not compressed by default", async () => {
    const client = await Client.connect(await runtimes[runtime]!(false));
    assert.deepEqual(await client.areCompressed([5_000]), [false]);
  });
});

/** A client that looks at the frames themselves. */
class Client {
  readonly #wire: Wire;

  private constructor(wire: Wire) {
    this.#wire = wire;
  }

  static async connect(port: number): Promise<Client> {
    const wire = await Wire.open(port);
    onTestFinished(() => wire.destroy());
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-extensions": "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
    };
    assert.equal((await wire.request("GET", "/socket.io/?EIO=4&transport=websocket", { headers }).reply()).status, 101);
    const client = new Client(wire);
    await client.#frame();
    client.#send("40");
    await client.#frame();
    return client;
  }

  /** Of messages with so many bytes, which ones arrive compressed. */
  async areCompressed(lengths: readonly number[]): Promise<boolean[]> {
    const compressed: boolean[] = [];
    for (const length of lengths) {
      const about = '42["said",""]'.length;
      this.#send(`42["say","${"x".repeat(length - about)}"]`);
      compressed.push(await this.#frame());
    }
    return compressed;
  }

  #send(text: string): void {
    this.#wire.write(encodeFrame({ opcode: Opcode.text, payload: text }));
  }

  /** Whether the next frame is compressed. */
  async #frame(): Promise<boolean> {
    const [first, second] = await this.#wire.read(2);
    const short = second! & 0x7f;
    const length = short < 126 ? short : (await this.#wire.read(2)).readUInt16BE(0);
    await this.#wire.read(length);
    return (first! & 0x40) !== 0;
  }
}
