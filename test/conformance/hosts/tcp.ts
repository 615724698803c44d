/** Servers that are reached over TCP. */
import { NodeWebSocket, NodeXHR } from "socket.io-client";
import { WebSocket } from "ws";
import { Queue } from "../../interop/queue.ts";
import { type DialOptions, type Frame, type Network, Refused, type Wire } from "../host.ts";
import { holdUpgrades } from "./hold-upgrades.ts";

export const tcp: Network = {
  polling: NodeXHR,
  websocket: NodeWebSocket,
  fetch: (url, init) => fetch(url, init),
  dial,
  holdUpgrades,
};

function dial(url: string, { headers = {}, protocols = [] }: DialOptions = {}): Promise<Wire> {
  const ws = new WebSocket(url, [...protocols], { headers, perMessageDeflate: false });
  const frames = new Queue<Frame>();
  const received = new Headers();
  ws.on("message", (data: Buffer, isBinary: boolean) => frames.push(isBinary ? data : data.toString()));
  ws.on("upgrade", ({ headersDistinct }) => {
    for (const [name, values] of Object.entries(headersDistinct)) for (const value of values ?? []) received.append(name, value);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  return new Promise((resolve, reject) => {
    ws.on("error", reject);
    ws.on("unexpected-response", async (_request, response) => {
      const chunks = await response.toArray();
      reject(new Refused(response.statusCode!, Buffer.concat(chunks).toString()));
      ws.terminate();
    });
    ws.on("open", () => {
      resolve({
        headers: received,
        protocol: ws.protocol,
        frames,
        closed,
        send: (frame) => ws.send(frame),
        close: () => ws.close(),
        cut: () => ws.terminate(),
        pause: () => ws.pause(),
      });
    });
  });
}
