/** A TCP proxy between client and server that can stall or cut what runs through it. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port: number;
  #held = false;
  #gate: Promise<void> = Promise.resolve();

  private constructor(target: URL) {
    this.#port = Number(target.port);
    this.#server = createServer((client) => this.#accept(client, this.#port));
  }

  static async before(url: string): Promise<Proxy> {
    const proxy = new Proxy(new URL(url));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** New connections are led to another server. */
  leadTo(url: string): void {
    this.#port = Number(new URL(url).port);
  }

  /** From now on nothing passes, in either direction: no byte, and no end of a connection. */
  hold(): void {
    this.#held = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Lets the bytes pass again, those that were held first. */
  resume(): void {
    this.#held = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Ends every connection at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Keeps WebSocket handshakes waiting; the function that comes back lets them pass. */
  holdUpgrades(): () => void {
    let release = (): void => {};
    this.#gate = new Promise((resolve) => (release = resolve));
    return release;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #accept(client: Socket, port: number): void {
    this.#track(client);
    if (this.#held) client.pause();
    client.once("data", async (head: Buffer) => {
      client.pause();
      if (/^upgrade: websocket/im.test(head.toString("latin1"))) await this.#gate;
      const server = connect(port, "127.0.0.1");
      this.#track(server);
      server.write(head);
      this.#join(client, server);
      this.#join(server, client);
    });
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #join(from: Socket, to: Socket): void {
    from.on("data", (chunk) => to.write(chunk));
    from.on("close", () => this.#held || to.destroySoon());
    if (this.#held) from.pause();
    else from.resume();
  }
}
