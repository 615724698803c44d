import { type CanActivate, type ExecutionContext, Injectable } from "@nestjs/common";
import type { Socket } from "socket.io";

/** Lets those speak who gave a name when they connected. */
@Injectable()
export class NamedGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return typeof context.switchToWs().getClient<Socket>().data.name === "string";
  }
}
