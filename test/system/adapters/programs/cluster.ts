/**
 * A Node cluster as the documents of `@socket.io/sticky` and `@socket.io/cluster-adapter` have it.
 *
 * Its argument names the kind of each worker. Prints `{"sticky": port, "workers": [port, …]}`; ends when its input does.
 */
import cluster from "node:cluster";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { createAdapter, setupPrimary } from "@socket.io/cluster-adapter";
import { setupMaster, setupWorker } from "@socket.io/sticky";
import { Server as Released } from "socket.io";
import { Server } from "../../../../runtimes/node.ts";
import { app } from "../../../adapters/app.ts";

if (cluster.isPrimary) {
  const httpServer = http.createServer();

  setupMaster(httpServer, { loadBalancingMethod: "round-robin" });
  setupPrimary();
  cluster.setupPrimary({ serialization: "advanced" });

  const kinds = JSON.parse(process.argv[2]!) as string[];
  const ports = kinds.map((kind) => portOf(cluster.fork({ KIND: kind })));
  httpServer.listen(0, "127.0.0.1", () => {
    void Promise.all(ports).then((workers) => {
      console.log(JSON.stringify({ sticky: (httpServer.address() as AddressInfo).port, workers }));
    });
  });
  process.stdin.resume().on("end", () => {
    let left = kinds.length;
    // The primary may still hold a connection that it wanted to hand over.
    cluster.on("exit", () => --left === 0 && process.exit());
    for (const worker of Object.values(cluster.workers!)) worker?.kill();
  });
} else {
  const httpServer = http.createServer();
  const io = process.env["KIND"] === "ours" ? new Server(httpServer) : (new Released(httpServer) as unknown as Server);
  io.adapter(createAdapter());
  setupWorker(io as never);
  app(io as never, `worker ${process.pid}`);

  // Beside the documents: a port of its own, by which a test chooses the worker.
  httpServer.listen({ port: 0, host: "127.0.0.1", exclusive: true }, () => {
    process.send!({ ownPort: (httpServer.address() as AddressInfo).port });
  });
}

function portOf(worker: ReturnType<typeof cluster.fork>): Promise<number> {
  return new Promise((resolve) => {
    worker.on("message", (message: { ownPort?: number }) => {
      if (message.ownPort !== undefined) resolve(message.ownPort);
    });
  });
}
