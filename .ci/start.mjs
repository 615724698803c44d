/** `npm start`: the chat example. */
import { buildWhenStale, installPackages } from "./prepare.mjs";

installPackages();
buildWhenStale();
await import("../examples/chat/node.mjs");
