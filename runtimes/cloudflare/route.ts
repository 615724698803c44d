/** How a Worker chooses the object that serves a request. */
export interface RouteOptions {
  /** Name of the object: a room, a tenant, a shard. @default "main" for every request */
  name?: (url: URL, request: Request) => string;
  /** The path of the servers. @default "/socket.io" */
  path?: string;
}

/** Where objects are: the binding of a class that extends `SocketIO`. */
interface Objects {
  getByName(name: string): { fetch(request: Request): Promise<Response> };
}

/** Passes a Socket.IO request on to its object; resolves to `undefined` when the request is for somebody else. */
export async function routeSocketIO(
  request: Request,
  objects: Objects,
  { name = () => "main", path = "/socket.io" }: RouteOptions = {},
): Promise<Response | undefined> {
  const url = new URL(request.url);
  if (!url.pathname.startsWith(`${path}/`)) return undefined;
  return objects.getByName(name(url, request)).fetch(request);
}
