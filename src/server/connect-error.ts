import { Batch } from "../wire/batch.ts";
import { PacketType } from "../wire/packet.ts";
import type { Dialect } from "./dialect.ts";
import type { NamespaceParts } from "./parts.ts";

/** Why a namespace did not take a client; `data` is the app's own. */
export interface NamespaceRefusal {
  readonly message: string;
  readonly data?: unknown;
}

/** The CONNECT_ERROR of a client that is refused. What the app's own data cannot tell, for it cannot be encoded, the message alone does. */
export function encodeRefusal(
  { codec, faults }: NamespaceParts,
  dialect: Dialect,
  nsp: string,
  refusal: NamespaceRefusal,
): Batch {
  const encode = (given: NamespaceRefusal): Batch =>
    new Batch(codec.encode({ type: PacketType.CONNECT_ERROR, nsp, data: dialect.refusal(given) }));
  try {
    return encode(refusal);
  } catch (error) {
    faults.report(error, { phase: "middleware", namespace: nsp });
    return encode({ message: refusal.message });
  }
}
