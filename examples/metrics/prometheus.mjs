/** `io.metrics()` for Prometheus, with `prom-client`. */
import { Counter, Gauge } from "prom-client";
import { series, valuesOf } from "./series.mjs";

/** Puts the server's numbers into `registry`. They are looked up at each scrape, and cost nothing between two. */
export function register(io, registry) {
  for (const one of series) {
    const { name, help, kind, label } = one;
    const Kind = kind === "counter" ? Counter : Gauge;
    const metric = new Kind({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [],
      collect() {
        this.reset();
        for (const { value, labels } of valuesOf(one, io.metrics())) this.inc(labels, value);
      },
    });
    registry.registerMetric(metric);
  }
  const failures = new Counter({ name: "socketio_handler_errors_total", help: "Failures of callbacks", labelNames: ["phase"], registers: [registry] });
  io.diagnostics.on("handler_error", (error, { phase }) => {
    failures.inc({ phase });
    // Whoever listens reports, too: without a listener the server prints it.
    console.error(error);
  });
}
