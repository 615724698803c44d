/** What the engines under test do, ours and released ones alike: what a client asks for with `!`, and the echo of everything else. */

/** Events that are counted. */
const EVENTS = ["open", "packet", "packetCreate", "upgrading", "upgrade", "flush", "drain", "heartbeat", "data", "message", "close", "error"];

export interface AnyConnection {
  readonly id: string;
  readonly protocol: number;
  readonly readyState: string;
  readonly upgraded: boolean;
  readonly transport: { readonly name: string; readonly writable: boolean };
  // The runtime's own request.
  readonly request: any;
  on(event: any, listener: (...args: any[]) => void): unknown;
  send(data: any, options?: any, callback?: (transport: any) => void): unknown;
  close(): unknown;
}

export interface AnyEngine {
  readonly clientsCount: number;
  on(event: any, listener: (...args: any[]) => void): unknown;
}

/** Short, so that a client that is gone is missed soon; long enough for one message of megabytes on a busy machine. */
export const options = { pingInterval: 100, pingTimeout: 6000, cors: { origin: "*" } };

export function app(engine: AnyEngine): void {
  const watchers = new Set<AnyConnection>();
  engine.on("connection", (conn: AnyConnection) => {
    const counts: Record<string, number> = {};
    for (const event of EVENTS) conn.on(event, () => (counts[event] = (counts[event] ?? 0) + 1));
    conn.on("close", (reason: string) => {
      watchers.delete(conn);
      for (const watcher of watchers) watcher.send(`closed ${conn.id} ${reason}`);
    });
    conn.on("message", (data: unknown) => {
      if (typeof data === "string" && data.startsWith("!")) obey(data);
      else conn.send(data);
    });
    function obey(order: string): void {
      const { id, protocol, readyState, upgraded, transport } = conn;
      const clients = (engine as unknown as { clients: Record<string, unknown> }).clients;
      const registered = clients[id] === conn && Object.keys(clients).length === engine.clientsCount;
      if (order === "!state") conn.send(JSON.stringify({ id, protocol, readyState, upgraded, transport: transport.name, registered }));
      else if (order === "!counts") conn.send(JSON.stringify(counts));
      else if (order === "!close") conn.close();
      else if (order === "!watch") conn.send("watching", {}, () => watchers.add(conn));
      else if (order === "!call back") conn.send("first", { compress: false }, ({ name }) => conn.send(`second ${name}`));
      else if (order === "!long") conn.send("x".repeat(3_000_000), {}, () => conn.send("taken"));
      else for (let number = 0; number < 300; number++) conn.send(`number ${number}`);
    }
  });
}
