import { IoAdapter } from "@nestjs/platform-socket.io";
import { Server, type ServerOptions } from "omnisocket";

/** Nest's own adapter with another server. */
export class OmnisocketAdapter extends IoAdapter {
  override createIOServer(port: number, options?: Partial<ServerOptions>) {
    return port === 0 ? new Server(this.httpServer, options) : new Server(port, options);
  }
}
