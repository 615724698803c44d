import { Engine } from "../../runtimes/core.ts";
import { addServer, installMemoryNetwork, memory } from "../conformance/hosts/memory.ts";
import { app, options } from "./app.ts";
import { describeEngine } from "./suite.ts";

installMemoryNetwork();

describeEngine({
  name: "memory",
  network: memory.network,
  async start() {
    const engine = new Engine(options);
    app(engine);
    return { url: addServer(engine), stop: async () => engine.close() };
  },
});
