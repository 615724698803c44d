import { ConnectedSocket, SubscribeMessage, WebSocketGateway, WebSocketServer } from "@nestjs/websockets";
import { Namespace, Socket } from "socket.io";

/** A gateway in a namespace of its own. */
@WebSocketGateway({ namespace: "news", cors: { origin: "https://app.example" } })
export class NewsGateway {
  @WebSocketServer() namespace: Namespace;

  @SubscribeMessage("headline")
  headline(@ConnectedSocket() socket: Socket): { namespace: string; readers: number } {
    return { namespace: socket.nsp.name, readers: this.namespace.sockets.size };
  }
}
