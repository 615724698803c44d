/**
 * A load balancer with sticky sessions: requests of a session go to the server that its id names, new ones to each in turn.
 *
 * It keeps nothing, so there may be several of it.
 */
import { createServer, request as send } from "node:http";
import { connect } from "node:net";

/** @param {ReadonlyMap<string, number>} nodes The port of each server, by the first character of its sessions' ids. */
export function createBalancer(nodes) {
  let turn = 0;

  function nodeOf(url) {
    const sid = new URL(url, "http://balancer").searchParams.get("sid");
    if (sid !== null) return nodes.get(sid[0]);
    return [...nodes.values()][turn++ % nodes.size];
  }

  const balancer = createServer((request, response) => {
    const port = nodeOf(request.url);
    if (port === undefined) return response.writeHead(400).end();
    const forwarded = send({ port, host: "127.0.0.1", method: request.method, path: request.url, headers: headersOf(request) });
    forwarded.on("response", (reply) => {
      response.writeHead(reply.statusCode, reply.rawHeaders);
      reply.pipe(response);
    });
    forwarded.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    // A client that leaves must be noticed at once: a poll waits for as long as nothing happens.
    response.on("close", () => forwarded.destroy());
    request.pipe(forwarded);
  });

  balancer.on("upgrade", (request, client, head) => {
    const port = nodeOf(request.url);
    if (port === undefined) return client.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    const node = connect(port, "127.0.0.1");
    const headers = Object.entries(headersOf(request)).map(([name, value]) => `${name}: ${value}\r\n`);
    node.write(`GET ${request.url} HTTP/1.1\r\n${headers.join("")}\r\n`);
    node.write(head);
    for (const [from, to] of [[client, node], [node, client]]) {
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
      from.pipe(to);
    }
  });

  return balancer;
}

function headersOf({ headers, socket }) {
  const before = headers["x-forwarded-for"];
  return { ...headers, "x-forwarded-for": before === undefined ? socket.remoteAddress : `${before}, ${socket.remoteAddress}` };
}
