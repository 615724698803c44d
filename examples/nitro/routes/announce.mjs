import { eventHandler } from "h3";

/** A route that reaches every socket: `server.mjs` puts the server onto the request. */
export default eventHandler((event) => {
  event.node.req.io.emit("announcement", "to everyone");
  return "announced";
});
