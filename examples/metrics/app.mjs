/** An app whose server can be seen by Prometheus: `/metrics` by `prom-client`, `/otel-metrics` by OpenTelemetry. One of the two is enough. */
import { createServer } from "node:http";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { Server } from "omnisocket";
import { Registry } from "prom-client";
import { observe } from "./opentelemetry.mjs";
import { register } from "./prometheus.mjs";

const { PORT, HOST } = process.env;

const registry = new Registry();
const exporter = new PrometheusExporter({ preventServerStart: true });
const provider = new MeterProvider({ readers: [exporter] });

const http = createServer(async (request, response) => {
  if (request.url === "/otel-metrics") return exporter.getMetricsRequestHandler(request, response);
  if (request.url !== "/metrics") return response.writeHead(404).end();
  return response.setHeader("content-type", registry.contentType).end(await registry.metrics());
});
const io = new Server(http);
register(io, registry);
observe(io, provider.getMeter("socketio"));

io.on("connection", (socket) => {
  socket.on("join", (room, answer) => {
    socket.join(room);
    answer();
  });
  socket.on("fail", () => {
    throw new Error("on purpose");
  });
});

http.listen({ port: PORT ?? 3000, host: HOST ?? "localhost" }, () => console.log(`The app is at http://${HOST ?? "localhost"}:${http.address().port}`));

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => io.close().then(() => provider.shutdown()));
