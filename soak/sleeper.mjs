/** The Worker of the test of evictions: an object that is out of memory again and again, and tells what it knows of each socket. */
import { SocketIO, routeSocketIO } from "../dist/cloudflare.js";

const NAMESPACES = ["/", "/fixed", /^\/dynamic-\d+$/];

export class App extends SocketIO {
  options() {
    // Pings amid everything else; who gets none for so long leaves.
    return { connectionStateRecovery: {}, pingInterval: 1000, pingTimeout: 15_000 };
  }

  setup(io) {
    for (const name of NAMESPACES) {
      const namespace = io.of(name);
      namespace.use(async (socket, next) => {
        await new Promise((resolve) => setTimeout(resolve, 50 * Math.random()));
        socket.data = { next: 0, faults: [], begun: 0, answers: 0 };
        next();
      });
      namespace.on("connection", serve);
    }
  }

  /** What there is beside the sockets' own knowledge: of clients who have gone, nothing may be left. */
  async onRequest() {
    const keys = [...this.ctx.storage.kv.list()].map(([key]) => key);
    return Response.json({ clients: this.io.engine.clientsCount, sockets: this.io.metrics().sockets, keys });
  }
}

function serve(socket) {
  const { data, nsp } = socket;
  socket.on("number", (number, answer) => {
    if (number !== data.next) data.faults.push(`${number} instead of ${data.next}`);
    data.next = number + 1;
    answer?.(number);
  });
  socket.on("keep", (value, answer) => {
    data.value = value;
    answer();
  });
  socket.on("join", (room, answer) => {
    socket.join(room);
    answer();
  });
  socket.on("leave", (room, answer) => {
    socket.leave(room);
    answer();
  });
  socket.on("say", (room, message) => nsp.to(room).emit("said", message));
  // Waits for what does not keep the object in memory; what comes then does not come after an eviction.
  socket.on("begin", async () => {
    data.begun += 1;
    await new Promise(() => {});
  });
  socket.on("ask", () => socket.emit("question", () => {}));
  socket.on("ask in time", () => socket.timeout(30_000).emit("question", (error) => (data.answers += error === null ? 1 : 1000)));
  socket.on("tick", () => nsp.emit("tick"));
  socket.on("who", (answer) => answer({ id: socket.id, rooms: [...socket.rooms], data, recovered: socket.recovered }));
}

// The platform looks the Worker up as the default export.
// oxlint-disable-next-line import/no-default-export
export default {
  async fetch(request, env) {
    return (await routeSocketIO(request, env.APP)) ?? env.APP.getByName("main").fetch(request);
  },
};
