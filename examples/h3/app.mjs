/** The app. It knows no runtime. */
import { H3 } from "h3";

/** @param {import("omnisocket").Server} io */
export function createApp(io) {
  io.on("connection", (socket) => {
    socket.on("echo", (value, answer) => answer(value));
  });

  const app = new H3();
  app.get("/page", () => "the app");
  app.get("/announce", () => {
    io.emit("announcement", "to everyone");
    return "announced";
  });
  return app;
}
