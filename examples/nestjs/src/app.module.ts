import { Controller, Get, Module } from "@nestjs/common";
import { ChatGateway } from "./chat.gateway.js";
import { NewsGateway } from "./news.gateway.js";

@Controller()
class PageController {
  constructor(private readonly chat: ChatGateway) {}

  @Get("page")
  page(): string {
    return "the app";
  }

  /** A route that reaches every socket. */
  @Get("announce")
  announce(): string {
    this.chat.server.emit("announcement", "to everyone");
    return "announced";
  }
}

@Module({ controllers: [PageController], providers: [ChatGateway, NewsGateway] })
export class AppModule {}
