import { pathAfter, trimPath } from "../../src/runtime.ts";

/** How a Worker chooses the object that serves a request. */
export interface RouteOptions {
  /** Name of the object: a room, a tenant, a shard. @default "main" for every request */
  name?: (url: URL, request: Request) => string;
  /** The path of the servers. @default "/socket.io" */
  path?: string;
  /** Whether that path ends with a slash, as in the option of the servers. @default true */
  addTrailingSlash?: boolean;
}

/** Where objects are: the binding of a class that extends `SocketIO`. */
interface Objects {
  getByName(name: string): { fetch(request: Request): Promise<Response> };
}

/** Passes a Socket.IO request on to its object; resolves to `undefined` when the request is for somebody else. */
export async function routeSocketIO(
  request: Request,
  objects: Objects,
  { name = () => "main", path = "/socket.io", addTrailingSlash = true }: RouteOptions = {},
): Promise<Response | undefined> {
  if (pathAfter(trimPath(path), request.url, addTrailingSlash) === undefined) return undefined;
  return objects.getByName(name(new URL(request.url), request)).fetch(request);
}
