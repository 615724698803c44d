/** The app on Node. */
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { Server } from "../../../runtimes/node.ts";
import { optionsOf, setup } from "../app.ts";

const orders = JSON.parse(process.argv.at(-1));
const http = orders.certificate ? createSecureServer(orders.certificate) : createServer();
const io = new Server(http, optionsOf(orders));
setup(io);
http.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: http.address().port })));
process.stdin.resume().on("end", () => io.close());
