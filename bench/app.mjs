/** What every server of the benchmarks does, on whichever Socket.IO server it runs. */

/** Echoes, acknowledges, joins rooms and broadcasts, as its clients ask. */
export function app(io) {
  io.on("connection", (socket) => {
    socket.on("echo", (payload) => socket.emit("echo", payload));
    socket.on("echo-ack", (payload, answer) => answer(payload));
    socket.on("join", (room, answer) => {
      socket.join(room);
      answer();
    });
    socket.on("bcast", (room, payload) => io.to(room).emit("msg", payload));
    socket.on("burst", (room, count, payload) => {
      for (let sent = 0; sent < count; sent++) io.to(room).emit("msg", payload);
    });
  });
}

/** What `GET /stats` answers: bytes, microseconds of CPU time since the start, and connections. */
export function stats(clients) {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return JSON.stringify({ rss, heapUsed, cpuUserMicros: user, cpuSysMicros: system, clients });
}

/** Collects garbage, where the runtime lets a program ask for that. */
export function collectGarbage() {
  if (globalThis.Bun) globalThis.Bun.gc(true);
  else if (globalThis.gc) globalThis.gc();
  else return false;
  return true;
}

/** Answers `/stats` and `/gc` on a runtime with Web requests, and 404 elsewhere. */
export function respondTo(url, clients) {
  if (url.endsWith("/stats")) return new Response(stats(clients), { headers: { "content-type": "application/json" } });
  return new Response(null, { status: url.endsWith("/gc") && collectGarbage() ? 200 : 404 });
}

/** Answers the same on a runtime with Node's requests. */
export function respondWith(request, response, clients) {
  if (request.url === "/stats") return response.end(stats(clients()));
  response.statusCode = request.url === "/gc" && collectGarbage() ? 200 : 404;
  return response.end();
}
