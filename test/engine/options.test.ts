import assert from "node:assert/strict";
import { describe, test } from "#test";
import { resolveLimits } from "../../src/engine/limits.ts";
import { resolveEngineOptions } from "../../src/engine/options.ts";

describe("resolveEngineOptions()", () => {
  test("fills in the documented defaults", () => {
    const { limits, ...options } = resolveEngineOptions({});
    assert.deepEqual(options, {
      pingInterval: 25_000,
      pingTimeout: 20_000,
      upgradeTimeout: 10_000,
      maxHttpBufferSize: 1e6,
      allowEIO3: false,
      allowRequest: undefined,
      slowConsumer: "close",
      onHandshake: undefined,
      bindSession: undefined,
      transports: ["polling", "websocket"],
      allowUpgrades: true,
      perMessageDeflate: false,
      deflateThreshold: 1024,
      compressionThreshold: 1024,
      cookie: undefined,
      cors: undefined,
      origin: "auto",
      initialPacket: undefined,
    });
    assert.deepEqual(limits, {
      maxArguments: 1024,
      maxDepth: 256,
      maxAttachments: 10,
      maxReassemblyBytes: 10_000_000,
      reassemblyTimeout: 10_000,
      maxAckIdDigits: 16,
      maxNamespaceLength: 256,
      maxNamespacesPerConnection: 64,
      maxRefusalsPerConnection: 16,
      maxDynamicNamespaces: 100_000,
      maxAuthBytes: 1_000_000,
      maxRoomsPerSocket: Infinity,
      maxPendingAcks: 10_000,
      maxQueuedEvents: 1000,
      maxQueuedBytes: 10_000_000,
      highWaterMark: 1_048_576,
      maxBufferedBytes: 16_777_216,
      maxTotalBufferedBytes: Infinity,
      maxPacketsPerTurn: 1000,
      bodyTimeout: 30_000,
      middlewareTimeout: 45_000,
      maxUnauthenticated: 10_000,
      maxUrlLength: 16_384,
      maxQueryParameters: 256,
      maxFragments: 1024,
      maxPendingPongs: 60,
      maxInflateRatio: 100,
      maxRecoveryPackets: 10_000,
      maxRecoveryBytes: 16_777_216,
      maxRecoverySessions: 100_000,
    });
  });

  test("throws and names the option when a transport is none", () => {
    for (const name of ["webtransport", "flashsocket", ""]) {
      assert.throws(() => resolveEngineOptions({ transports: [name as "polling"] }), { name: "TypeError", message: /option transports/ });
    }
  });

  test("takes `true` for a cookie and a compression with their defaults, and `false` for none", () => {
    assert.deepEqual(resolveEngineOptions({ cookie: true }).cookie, {});
    assert.equal(resolveEngineOptions({ cookie: false }).cookie, undefined);
    assert.equal(resolveEngineOptions({ httpCompression: true }).compressionThreshold, 1024);
    assert.equal(resolveEngineOptions({ httpCompression: { threshold: 5 } }).compressionThreshold, 5);
    assert.equal(resolveEngineOptions({ httpCompression: false }).compressionThreshold, Infinity);
  });
});

describe("resolveLimits()", () => {
  test("lets sizes follow maxHttpBufferSize", () => {
    assert.equal(resolveLimits(undefined, 5).maxReassemblyBytes, 50);
    assert.equal(resolveLimits(undefined, 5).maxBufferedBytes, 16_777_216);
    assert.equal(resolveLimits(undefined, 1e8).maxBufferedBytes, 2e8);
  });

  test("takes the app's word over the runtime's, and the runtime's over the defaults", () => {
    const limits = resolveLimits({ maxDepth: 1 }, 1e6, { maxDepth: 2, maxFragments: 2 });
    assert.equal(limits.maxDepth, 1);
    assert.equal(limits.maxFragments, 2);
    assert.equal(limits.maxArguments, 1024);
  });

  test("knows the preset for servers that face strangers", () => {
    const { maxRoomsPerSocket, maxAttachments, maxDepth, maxNamespacesPerConnection, maxAuthBytes, maxArguments } = resolveLimits("hardened", 1e6);
    assert.deepEqual([maxRoomsPerSocket, maxAttachments, maxDepth, maxNamespacesPerConnection], [1024, 4, 32, 8]);
    assert.deepEqual([maxAuthBytes, maxArguments], [65_536, 1024]);
  });
});
