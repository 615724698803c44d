import { acks } from "./acks.ts";
import { closing } from "./closing.ts";
import { delivery } from "./delivery.ts";
import { emptiness } from "./emptiness.ts";
import { exchanges } from "./exchanges.ts";
import { faultless } from "./faultless.ts";
import { faults } from "./faults.ts";
import { heartbeat } from "./heartbeat.ts";
import type { InvariantMaker } from "./invariant.ts";
import { lifecycle } from "./lifecycle.ts";
import { liveness } from "./liveness.ts";
import { memory } from "./memory.ts";
import { reception } from "./reception.ts";
import { recovery } from "./recovery.ts";
import { rooms } from "./rooms.ts";
import { switching } from "./switching.ts";
import { timers } from "./timers.ts";
import { transports } from "./transports.ts";
import { unjoined } from "./unjoined.ts";
import { wire } from "./wire.ts";

/** Everything that is checked in every run. A new invariant is a file beside this one and a line here. */
export const invariants: readonly InvariantMaker[] = [
  delivery,
  reception,
  transports,
  exchanges,
  lifecycle,
  rooms,
  acks,
  memory,
  recovery,
  timers,
  heartbeat,
  faultless,
  switching,
  unjoined,
  faults,
  wire,
  closing,
  liveness,
  emptiness,
];
