import { createServer } from "node:http";
import Koa from "koa";
import { describe, test } from "vitest";
import { assertAnswers, assertReachable, listen, serveEcho } from "./clients.ts";
import { Server } from "./server.ts";

describe("Koa 3", () => {
  test("answers its own routes beside a server that is reached", async () => {
    const app = new Koa();
    app.use((context: { path: string; body: string }) => {
      if (context.path === "/page") context.body = "app";
    });
    const server = createServer(app.callback());
    serveEcho(new Server(server));
    const url = await listen(server);
    await assertReachable(url);
    await assertAnswers(`${url}/page`, "app");
  });
});
