/** A build that leaves the HTTP server to `server.mjs`. */
export default {
  preset: "node",
  compatibilityDate: "2026-11-01",
};
