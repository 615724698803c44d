import { UseFilters, UseGuards } from "@nestjs/common";
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
} from "@nestjs/websockets";
import { type Observable, from, map } from "rxjs";
import { Server, Socket } from "socket.io";
import { NamedGuard } from "./named.guard.js";
import { SayWhyFilter } from "./say-why.filter.js";

/** Rooms, acknowledgements, a stream of answers, a guard and a filter. */
@WebSocketGateway()
export class ChatGateway implements OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect {
  @WebSocketServer() server: Server;

  afterInit(server: Server): void {
    server.use((socket, next) => {
      socket.data.name = socket.handshake.auth["name"];
      next();
    });
  }

  handleConnection(socket: Socket): void {
    socket.emit("welcome", { you: socket.id });
  }

  handleDisconnect(socket: Socket): void {
    this.server.emit("left", socket.data.name);
  }

  /** What is returned is the acknowledgement. */
  @SubscribeMessage("join")
  async join(@ConnectedSocket() socket: Socket, @MessageBody() room: string): Promise<string[]> {
    await socket.join(room);
    const sockets = await this.server.in(room).fetchSockets();
    return sockets.map(({ data }) => data.name);
  }

  @UseGuards(NamedGuard)
  @UseFilters(SayWhyFilter)
  @SubscribeMessage("say")
  say(@ConnectedSocket() socket: Socket, @MessageBody() { room, text }: { room: string; text: string }): string {
    if (text === "") throw new WsException("There is nothing to say");
    socket.to(room).emit("said", { by: socket.data.name, text });
    return "said";
  }

  /** Each value is an event of its own. */
  @SubscribeMessage("countdown")
  countdown(@MessageBody() start: number): Observable<{ event: string; data: number }> {
    const numbers = Array.from({ length: start }, (_, index) => start - index);
    return from(numbers).pipe(map((data) => ({ event: "count", data })));
  }

  @SubscribeMessage("size")
  size(@MessageBody() bytes: Buffer): number {
    return bytes.length;
  }
}
