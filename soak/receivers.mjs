/** A process of clients that only receive: connects `COUNT` of them to `PORT`, and says when they are there. */
import { Client, openMany } from "./client.mjs";

await openMany(Number(process.env.COUNT), () => Client.webSocket(Number(process.env.PORT)));
console.log("connected");
