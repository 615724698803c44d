import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { AppModule } from "./app.module.js";

const { PORT, HOST } = process.env;

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(PORT ?? 3000, HOST ?? "localhost");
console.log(`The app is at ${await app.getUrl()}`);
