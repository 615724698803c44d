/** The server under test. `INTEROP_SERVER=released` puts released `socket.io` in its place, to test the tests. */
import { type Host, nodeHost } from "./host.ts";

export async function loadSubject(): Promise<Host> {
  if (process.env.INTEROP_SERVER === "released") {
    return { ...nodeHost("released socket.io", await import("socket.io")), isReleased: true };
  }
  return nodeHost("node", (await import("../../runtimes/node.ts")) as unknown as typeof import("socket.io"));
}
