/** `io.metrics()` for OpenTelemetry: for whichever exporter the meter's provider has. */
import { series, valuesOf } from "./series.mjs";

/** Lets `meter` observe the server's numbers. They are looked up when the provider collects. */
export function observe(io, meter) {
  const instruments = series.map((one) => {
    const create = one.kind === "counter" ? "createObservableCounter" : "createObservableGauge";
    return meter[create](one.name, { description: one.help });
  });
  meter.addBatchObservableCallback((result) => {
    const metrics = io.metrics();
    for (const [at, one] of series.entries()) {
      for (const { value, labels } of valuesOf(one, metrics)) result.observe(instruments[at], value, labels);
    }
  }, instruments);
}
