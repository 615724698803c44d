import { once } from "node:events";
import { type Server as HttpServer, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Engine } from "../../runtimes/node.ts";
import { tcp } from "../conformance/hosts/tcp.ts";
import { type AnyEngine, app, options } from "./app.ts";
import { describeEngine } from "./suite.ts";
import { engineIo } from "./released.ts";

function host(name: string, attach: (http: HttpServer) => AnyEngine & { close(): unknown }) {
  describeEngine({
    name,
    network: tcp,
    async start() {
      const http = createServer((_request, response) => void response.writeHead(404).end());
      const engine = attach(http);
      app(engine);
      await once(http.listen(0, "127.0.0.1"), "listening");
      const stop = async (): Promise<void> => {
        engine.close();
        http.close();
        http.closeAllConnections();
      };
      return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, stop };
    },
  });
}

host("Node", (http) => new Engine(options).attach(http));
host("released engine.io", (http) => engineIo.attach(http, options));
