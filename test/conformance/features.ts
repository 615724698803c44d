/** Every feature, in the order of the table. */
import type { Feature } from "./feature.ts";
import { audiences } from "./features/audience.ts";
import { binary } from "./features/binary.ts";
import { bounds } from "./features/bounds.ts";
import { connecting } from "./features/connecting.ts";
import { endings } from "./features/endings.ts";
import { events } from "./features/events.ts";
import { flood } from "./features/flood.ts";
import { handshake } from "./features/handshake.ts";
import { namespaces } from "./features/namespaces.ts";
import { network } from "./features/network.ts";
import { oldClients } from "./features/old-clients.ts";
import { recovery } from "./features/recovery.ts";
import { refusals } from "./features/refusals.ts";
import { sleep } from "./features/sleep.ts";

export const features: readonly Feature[] = [
  ...connecting,
  ...events,
  ...binary,
  ...audiences,
  ...namespaces,
  ...endings,
  ...network,
  ...recovery,
  ...handshake,
  ...oldClients,
  ...refusals,
  ...bounds,
  ...flood,
  ...sleep,
];
