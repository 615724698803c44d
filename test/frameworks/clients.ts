/** Released clients that prove a server reachable, and what closes after each test. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo, Server as NetServer } from "node:net";
import { type ManagerOptions, type Socket, type SocketOptions, io as connect } from "socket.io-client";
import { onTestFinished } from "vitest";
import type { Server } from "./server.ts";

export type Transport = "polling" | "websocket";
export type ClientOptions = Partial<ManagerOptions & SocketOptions>;

const TRANSPORTS: readonly Transport[] = ["polling", "websocket"];

/** A self-signed certificate for localhost and 127.0.0.1, made for these tests alone. */
export const CERTIFICATE = {
  key: readFileSync(new URL("localhost.key.pem", import.meta.url), "utf8"),
  cert: readFileSync(new URL("localhost.cert.pem", import.meta.url), "utf8"),
};

/** Makes `io` answer `echo` with what it got, and closes it after the test. */
export function serveEcho(io: Server): Server {
  io.on("connection", (socket) => {
    socket.on("echo", (value: unknown, reply: (value: unknown) => void) => reply(value));
  });
  onTestFinished(() => close(io));
  return io;
}

async function close(io: Server): Promise<void> {
  const closed = io.close();
  // A poll of another server on the same HTTP server must not hold this one up. (HTTP/2 has no such method.)
  const { httpServer } = io;
  if (httpServer && "closeAllConnections" in httpServer) httpServer.closeAllConnections();
  await closed;
}

/** Listens on a free port of the loopback and tells the server's address. */
export async function listen(server: NetServer, scheme = "http"): Promise<string> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `${scheme}://127.0.0.1:${portOf(server)}`;
}

export function portOf(server: { address(): AddressInfo | string | null } | undefined): number {
  const address = server?.address();
  assert.ok(address && typeof address === "object", "the server listens on a port");
  return address.port;
}

/** A connected client, closed after the test. */
export async function open(url: string, transport: Transport, options: ClientOptions = {}): Promise<Socket> {
  const socket = connect(url, { transports: [transport], forceNew: true, reconnection: false, ca: CERTIFICATE.cert, ...options });
  onTestFinished(() => void socket.disconnect());
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  assert.equal(socket.io.engine.transport.name, transport);
  return socket;
}

/** Connects once per transport, and sends text and bytes there and back. */
export async function assertReachable(url: string, options: ClientOptions = {}): Promise<void> {
  for (const transport of TRANSPORTS) {
    const socket = await open(url, transport, options);
    assert.equal(await socket.emitWithAck("echo", "naïve"), "naïve");
    const answer = (await socket.emitWithAck("echo", { bytes: new Uint8Array([0, 128, 255]) })) as { bytes: Uint8Array };
    assert.deepEqual([...answer.bytes], [0, 128, 255]);
  }
}

/** The app's own route still answers. */
export async function assertAnswers(url: string, body: string): Promise<void> {
  const response = await fetch(url);
  assert.deepEqual([response.status, await response.text()], [200, body]);
}
