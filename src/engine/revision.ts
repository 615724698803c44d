import type { Batch } from "../wire/batch.ts";
import type { Message } from "../wire/codec.ts";
import { type EnginePacket, decodeEnginePacket } from "../wire/engine-packet.ts";
import { decodeFrameV3 } from "../wire/engine-v3.ts";
import { type PollingForm, bytesForm3, jsonpForm3, textForm3, textForm4 } from "./polling-form.ts";
import type { Parameters } from "./query.ts";

/** What is ready to go out: the forms of one packet, or of one message and its attachments. */
export interface Outgoing {
  /** WebSocket frames. */
  readonly frames: readonly Message[];
  /** Packets of a polling payload. */
  readonly packets: readonly string[];
  /** What it was made of; absent where it carries no message. */
  readonly messages?: readonly Message[];
  /** Bytes it counts for against the limits. */
  readonly size: number;
  readonly compress: boolean;
  /** Whether the option `slowConsumer` may drop it. */
  readonly droppable?: boolean;
  prebuilt?: unknown;
}

/** What differs between revisions of the Engine.IO protocol, as one policy. */
export interface Revision {
  readonly protocol: 3 | 4;
  /** The forms of a message in this revision. */
  message(batch: Batch): Outgoing;
  /** Reads one WebSocket frame; `undefined` when it is no packet. */
  decodeFrame(frame: Message): EnginePacket | undefined;
  /** How polling requests with these parameters are read and answered; `undefined` when they make no sense. */
  pollingForm(parameters: Pick<Parameters, "j" | "b64">): PollingForm | undefined;
  /** The client's half of the heartbeat: it answers our pings, or sends its own. */
  readonly clientBeat: "pong" | "ping";
}

const digits = /^\d+$/;

/** Engine.IO protocol, revision 4. */
export const revision4: Revision = {
  protocol: 4,
  clientBeat: "pong",
  message: (batch) => batch,
  decodeFrame: (frame) => (typeof frame === "string" ? decodeEnginePacket(frame) : { type: "message", data: frame }),
  pollingForm: () => textForm4,
};

/** Engine.IO protocol, revision 3. */
export const revision3: Revision = {
  protocol: 3,
  clientBeat: "ping",
  message: (batch) => batch.v3,
  decodeFrame: decodeFrameV3,
  pollingForm({ j, b64 }) {
    if (j === undefined) return b64 ? textForm3 : bytesForm3;
    return digits.test(j) ? jsonpForm3(j) : undefined;
  },
};

export const revisions: Readonly<Record<3 | 4, Revision>> = { 3: revision3, 4: revision4 };

/** A packet without a message: open, ping, noop … */
export function control(text: string): Outgoing {
  return { frames: [text], packets: [text], size: text.length + 64, compress: false };
}
