/**
 * An app under load: from the first client on it tells everybody the next number, several times a millisecond.
 *
 * `lastWords` tells how far it came, and is the last thing that is emitted.
 */
export function chatter(io) {
  let count = 0;
  let timer;
  io.on("connection", () => {
    timer ??= setInterval(() => {
      for (let burst = 0; burst < 5; burst++) io.emit("number", count++);
    }, 1);
  });
  return function lastWords() {
    clearInterval(timer);
    io.emit("last", count);
  };
}
