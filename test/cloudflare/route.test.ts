/** Which requests a Worker hands on to an object. */
import assert from "node:assert/strict";
import { test } from "vitest";

interface RouteOptions {
  readonly path?: string;
  readonly addTrailingSlash?: boolean;
}

// The types of the platform are not those of the tests.
const file: string = "../../runtimes/cloudflare/route.ts";
const { routeSocketIO } = (await import(file)) as {
  routeSocketIO(request: Request, objects: object, options?: RouteOptions): Promise<Response | undefined>;
};

const objects = { getByName: () => ({ fetch: () => Promise.resolve(new Response("the object")) }) };

async function isRouted(path: string, options?: RouteOptions): Promise<boolean> {
  return (await routeSocketIO(new Request(`https://a.example${path}`), objects, options)) !== undefined;
}

test.each([
  ["/socket.io/?EIO=4", undefined, true],
  ["/socket.io/socket.io.js", undefined, true],
  ["/socket.io?EIO=4", undefined, false],
  ["/socket.iox/?EIO=4", undefined, false],
  ["/chat/?EIO=4", { path: "/chat" }, true],
  ["/chat/?EIO=4", { path: "/chat/" }, true],
  ["/chat/?EIO=4", { path: "chat" }, true],
  ["/socket.io?EIO=4", { addTrailingSlash: false }, true],
  ["/app", { addTrailingSlash: false }, false],
])("hands on %s with the options %j as the server would take it: %j", async (path, options, routed) => {
  assert.equal(await isRouted(path, options), routed);
});
