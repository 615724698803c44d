import { type ArgumentsHost, Catch } from "@nestjs/common";
import { BaseWsExceptionFilter, WsException } from "@nestjs/websockets";
import type { Socket } from "socket.io";

/** Tells the client why, as an event that it can show. */
@Catch(WsException)
export class SayWhyFilter extends BaseWsExceptionFilter {
  override catch(exception: WsException, host: ArgumentsHost): void {
    host.switchToWs().getClient<Socket>().emit("refused", exception.message);
  }
}
