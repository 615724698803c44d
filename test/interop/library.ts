/** Released clients, whatever they call things. */
import type { io as connect, Socket as Client } from "socket.io-client";

export interface ClientLibrary {
  readonly version: string;
  readonly io: typeof connect;
  /** Revision of Engine.IO that it speaks. */
  readonly engineProtocol: 3 | 4;
  /** Whether its polling mangles everything beside ASCII. */
  readonly pollsAsciiOnly: boolean;
}

/** What a refused client is told. */
export interface Refusal {
  readonly message?: string;
  readonly data?: unknown;
}

/** What the server says to a client that it does not let in. */
export function refusal(client: Client, { engineProtocol }: ClientLibrary): Promise<Refusal> {
  return new Promise((resolve) => {
    if (engineProtocol === 3) {
      client.once("error" as never, (reason: unknown) => resolve(typeof reason === "string" ? { message: reason } : { data: reason }));
      return;
    }
    client.once("connect_error", ({ message, data }: Refusal) => resolve(data === undefined ? { message: message! } : { message: message!, data }));
  });
}

/** Settles when the client has disconnected and its connection is gone, so that it can connect anew. */
export async function leave(client: Client): Promise<void> {
  const { engine } = client.io;
  const closed = engine.readyState === "closed" ? undefined : new Promise((resolve) => engine.once("close", resolve));
  client.disconnect();
  await closed;
}
