/** A Socket.IO client that costs little, and that changes from polling to WebSocket as a released one does. */
import { Agent, request } from "node:http";
import { RawWebSocket } from "./web-socket.mjs";

const agent = new Agent({ keepAlive: true });

/** Closes the connections that are kept for the next polling request. */
export function closeIdle() {
  agent.destroy();
}

export class Client {
  /** Called with the arguments of each event. */
  onEvent = () => {};
  /** Called once, when the connection ended without our doing. */
  onEnd = () => {};
  /** What the server said to CONNECT. */
  welcome;
  #port;
  #query = "";
  #webSocket;
  #isPolling = false;
  #isOver = false;
  #poll = Promise.resolve();
  #post = Promise.resolve();
  #outgoing = [];
  #isPosting = false;
  #answers = new Map();
  #lastId = 0;
  #joined;
  #joining;

  constructor(port) {
    this.#port = port;
    this.#joining = new Promise((resolve) => (this.#joined = resolve));
  }

  /** A client that has joined over WebSocket. */
  static async webSocket(port, options, connect = "40") {
    const client = new Client(port);
    const socket = new RawWebSocket(port, "", options);
    client.#adopt(socket);
    if (!(await socket.opened)) throw new Error("The WebSocket was refused");
    client.#send(connect);
    await client.#joining;
    return client;
  }

  /** A client that has joined over long-polling. */
  static async polling(port) {
    const client = new Client(port);
    const opened = await client.#request("GET");
    client.#query = `&sid=${JSON.parse(opened.slice(1)).sid}`;
    client.#startPolling();
    client.#send("40");
    await client.#joining;
    return client;
  }

  /** The WebSocket in use, to do wrong with. */
  get raw() {
    return this.#webSocket;
  }

  get query() {
    return this.#query;
  }

  emit(...args) {
    this.#send(`42${JSON.stringify(args)}`);
  }

  /** Resolves to the answer's arguments. */
  call(...args) {
    const id = ++this.#lastId;
    this.#send(`42${id}${JSON.stringify(args)}`);
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  /** Changes to WebSocket. Resolves to false when that broke, after `breaksAfter` bytes: polling goes on. */
  async upgrade(breaksAfter) {
    const socket = new RawWebSocket(this.#port, this.#query, { breaksAfter });
    const agreed = new Promise((resolve) => {
      socket.onText = (text) => resolve(text === "3probe");
      socket.onEnd = () => resolve(false);
    });
    if (await socket.opened) socket.send("2probe");
    if (!(await agreed)) return false;
    this.#isPolling = false;
    await Promise.all([this.#poll, this.#post]);
    if (this.#isOver) return false;
    socket.send("5");
    if (!socket.isOpen) {
      this.#startPolling();
      return false;
    }
    this.#adopt(socket);
    this.#flush();
    return true;
  }

  /** Resolves when what it says last has reached the server, where there is something to say. */
  async leave() {
    this.#isOver = true;
    this.#isPolling = false;
    if (this.#webSocket !== undefined) this.#webSocket.drop();
    else await this.#request("POST", "1").catch(() => {});
  }

  #adopt(socket) {
    this.#webSocket = socket;
    socket.onText = (text) => this.#take(text);
    socket.onEnd = () => this.#end("the WebSocket ended");
  }

  #startPolling() {
    this.#isPolling = true;
    this.#poll = this.#pollAgain().catch((error) => this.#end(error.message));
    this.#flush();
  }

  async #pollAgain() {
    while (this.#isPolling) for (const text of (await this.#request("GET")).split("\u001E")) this.#take(text);
  }

  #send(text) {
    if (this.#webSocket !== undefined) return this.#webSocket.send(text);
    this.#outgoing.push(text);
    return this.#flush();
  }

  /** Sends what has gathered; while an upgrade is about to succeed, nothing leaves. */
  #flush() {
    if (this.#webSocket !== undefined) {
      for (const text of this.#outgoing.splice(0)) this.#webSocket.send(text);
    } else if (this.#isPolling && !this.#isPosting && this.#outgoing.length > 0) {
      this.#isPosting = true;
      this.#post = this.#request("POST", this.#outgoing.splice(0).join("\u001E")).catch((error) => this.#end(error.message)).then(() => {
        this.#isPosting = false;
        this.#flush();
      });
    }
  }

  #take(text) {
    if (text === "2") return this.#send("3");
    if (text === "1") return this.#end("the server closed");
    // What other namespaces say.
    if (text[2] === "/") return undefined;
    if (text.startsWith("40")) {
      this.welcome = JSON.parse(text.slice(2));
      return this.#joined();
    }
    if (text.startsWith("41")) return this.#end("the server disconnected the socket");
    if (text.startsWith("42")) return this.onEvent(...JSON.parse(text.slice(text.indexOf("["))));
    if (!text.startsWith("43")) return undefined;
    const start = text.indexOf("[");
    const id = Number(text.slice(2, start));
    const resolve = this.#answers.get(id);
    this.#answers.delete(id);
    return resolve?.(JSON.parse(text.slice(start)));
  }

  #end(why) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isPolling = false;
    this.onEnd(why);
  }

  #request(method, body) {
    return new Promise((resolve, reject) => {
      const path = `/socket.io/?EIO=4&transport=polling${this.#query}`;
      const headers = body === undefined ? {} : { "content-type": "text/plain;charset=UTF-8", "content-length": Buffer.byteLength(body) };
      const sent = request({ agent, host: "127.0.0.1", port: this.#port, method, path, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => (text += chunk)).on("error", reject).on("end", () => {
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${method} was answered ${response.statusCode}: ${text}`));
        });
      });
      sent.on("error", reject).end(body);
    });
  }
}

/** Makes `count` clients, fifty at a time. */
export async function openMany(count, open) {
  const clients = [];
  while (clients.length < count) {
    const next = Array.from({ length: Math.min(50, count - clients.length) }, (_, at) => open(clients.length + at));
    clients.push(...(await Promise.all(next)));
  }
  return clients;
}
