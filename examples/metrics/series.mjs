/** What the numbers of `io.metrics()` are called outside. Those that only grow are counters, the others gauges. */
export const series = [
  { name: "socketio_connections", help: "Open connections", kind: "gauge", label: "transport", read: (metrics) => metrics.connections },
  { name: "socketio_connections_unjoined", help: "Connections that have not joined a namespace", kind: "gauge", read: (metrics) => metrics.unjoined },
  { name: "socketio_sockets", help: "Sockets", kind: "gauge", label: "namespace", read: (metrics) => metrics.sockets },
  { name: "socketio_rooms", help: "Rooms of all namespaces", kind: "gauge", read: (metrics) => metrics.rooms },
  { name: "socketio_buffered_bytes", help: "Bytes handed over and not yet sent", kind: "gauge", read: (metrics) => metrics.bufferedBytes },
  { name: "socketio_reassembly_bytes", help: "Bytes of packets that are not complete", kind: "gauge", read: (metrics) => metrics.reassemblyBytes },
  { name: "socketio_recovery", help: "What is kept for clients that may come back", kind: "gauge", label: "what", read: (metrics) => metrics.recovery },
  { name: "socketio_pending_acks", help: "Acknowledgements that clients owe", kind: "gauge", read: (metrics) => metrics.pendingAcks },
  { name: "socketio_lost_acks_total", help: "Acknowledgements that never came", kind: "counter", read: (metrics) => metrics.lostAcks },
  {
    name: "socketio_dropped_total",
    help: "Dropped packets",
    kind: "counter",
    label: "why",
    read: (metrics) => ({ volatile: metrics.droppedVolatile, slowConsumer: metrics.droppedPackets, onInbound: metrics.droppedInbound }),
  },
  { name: "socketio_late_ticks_total", help: "Standstills of the process", kind: "counter", read: (metrics) => metrics.lateTicks },
  { name: "socketio_closes_total", help: "Ended connections", kind: "counter", label: "reason", read: (metrics) => metrics.closes },
  { name: "socketio_limits_total", help: "Limits that peers ran into", kind: "counter", label: "limit", read: (metrics) => metrics.limits },
];

/** The values of one series, each with its labels. */
export function valuesOf({ label, read }, metrics) {
  const value = read(metrics);
  if (label === undefined) return [{ value, labels: {} }];
  return Object.entries(value).map(([name, each]) => ({ value: each, labels: { [label]: name } }));
}
