// Compiled, not run: typings that add members of their own, and types that are reached through other types.
import { type RemoteSocket, Server, type ServerOptions, type Socket } from "socket.io";

interface User {
  readonly name: string;
}

declare module "socket.io" {
  interface Socket {
    user?: User;
  }
  interface RemoteSocket<EmitEvents, SocketData> {
    seenAt?: number;
  }
}

declare module "node:http" {
  interface IncomingMessage {
    tenant?: { id: number };
  }
}

export type Engine = Server["engine"];
export type Conn = Socket["conn"];
export type Client = Socket["client"];
export type Adapter = Server["sockets"]["adapter"];
export type Handshake = Socket["handshake"];
export type Auth = Handshake["auth"];
export type Cors = NonNullable<ServerOptions["cors"]>;
export type Listener = Parameters<Server["on"]>[1];
export type ConnectionListener = (socket: Socket) => void;
export type Middleware = Parameters<Server["use"]>[0];
export type SocketMiddleware = Parameters<Socket["use"]>[0];

const io = new Server();

io.use((socket, next) => {
  socket.user = { name: String(socket.handshake.auth["name"]) };
  const tenant: { id: number } | undefined = socket.request.tenant;
  next(tenant === undefined ? new Error("whose?") : undefined);
});

const authenticate: Middleware = (socket, next) => next(socket.user === undefined ? new Error("who?") : undefined);
const log: SocketMiddleware = ([event], next) => {
  console.log(event);
  next();
};

io.use(authenticate);
io.on("connection", (socket) => {
  const name: string | undefined = socket.user?.name;
  console.log(name);
  socket.use(log);
});

export async function seen(): Promise<(number | undefined)[]> {
  const sockets: RemoteSocket<any, any>[] = await io.fetchSockets();
  return sockets.map(({ seenAt }) => seenAt);
}

export function describe(engine: Engine, conn: Conn, client: Client, adapter: Adapter, handshake: Handshake): unknown[] {
  const room: Set<string> | undefined = adapter.rooms.get("room");
  return [engine.clientsCount, conn.protocol, conn.transport.name, client.conn === conn, room?.size, handshake.headers.host];
}

/** A class of the app's around the server, as many write it. */
export class Gateway {
  readonly io: Server;
  readonly #sockets = new Map<string, Socket>();

  constructor(options: Partial<ServerOptions>) {
    this.io = new Server(options);
    this.io.on("connection", this.#onConnection);
  }

  readonly #onConnection: ConnectionListener = (socket) => {
    this.#sockets.set(socket.id, socket);
    socket.once("disconnect", () => this.#sockets.delete(socket.id));
  };
}

/** A class of the app's that is a server. */
export class Loud extends Server {
  override emit(event: string, ...args: unknown[]): boolean {
    console.log(event);
    return super.emit(event, ...args);
  }
}
