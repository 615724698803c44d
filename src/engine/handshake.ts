import { Batch } from "../wire/batch.ts";
import type { Outgoing } from "./revision.ts";
import type { Session } from "./session.ts";

/** Milliseconds of which a client's timers can take twice as many; and JSON has no Infinity. */
const LONGEST = 2 ** 30 - 1;

/** `0{"sid","upgrades","pingInterval","pingTimeout","maxPayload"}`, in this order. */
export function openPacket({ id, startedPolling, owner }: Session): string {
  const { pingInterval, pingTimeout, maxHttpBufferSize, allowUpgrades, transports } = owner.options;
  const upgrades = startedPolling && allowUpgrades && transports.includes("websocket") ? ["websocket"] : [];
  const rhythm = { pingInterval: Math.min(pingInterval, LONGEST), pingTimeout: Math.min(pingTimeout, LONGEST) };
  return `0${JSON.stringify({ sid: id, upgrades, ...rhythm, maxPayload: maxHttpBufferSize })}`;
}

/** What a new connection gets beside the open packet. */
export function initialMessages({ owner, revision }: Session): readonly Outgoing[] {
  const { initialPacket } = owner.options;
  return initialPacket === undefined ? [] : [revision.message(new Batch([initialPacket]))];
}
