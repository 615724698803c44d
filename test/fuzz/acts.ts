/** What a hostile client does, as plain JSON: a sequence of it is one input of the surface. */
import fc, { type Arbitrary } from "fast-check";
import { enginePacket, headers, payload, query } from "./grammar.ts";

export type Act =
  | { readonly by: "request"; readonly method: string; readonly query: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string }
  | { readonly by: "bytes"; readonly body: readonly number[] }
  | { readonly by: "upgrade"; readonly query: string; readonly headers: Readonly<Record<string, string>> }
  | { readonly by: "frames"; readonly frames: readonly (string | readonly number[])[] }
  | { readonly by: "leave"; readonly how: "abort" | "close" | "fail" }
  | { readonly by: "wait"; readonly milliseconds: number };

const bytes = fc.uint8Array({ maxLength: 12 }).map((all) => Array.from(all));
const frame: Arbitrary<string | number[]> = fc.oneof(
  { weight: 6, arbitrary: enginePacket },
  { weight: 1, arbitrary: bytes },
  { weight: 1, arbitrary: fc.constantFrom("2probe", "5") },
);

const act: Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      { by: fc.constant("request" as const), method: fc.constantFrom("POST", "POST", "GET", "OPTIONS", "PUT", "HEAD"), query, headers, body: payload },
      { requiredKeys: ["by", "method", "query", "headers"] },
    ),
  },
  { weight: 1, arbitrary: fc.record({ by: fc.constant("bytes" as const), body: bytes }) },
  { weight: 2, arbitrary: fc.record({ by: fc.constant("upgrade" as const), query, headers }) },
  { weight: 6, arbitrary: fc.record({ by: fc.constant("frames" as const), frames: fc.array(frame, { minLength: 1, maxLength: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ by: fc.constant("leave" as const), how: fc.constantFrom("abort" as const, "close" as const, "fail" as const) }) },
  { weight: 1, arbitrary: fc.record({ by: fc.constant("wait" as const), milliseconds: fc.constantFrom(0, 10, 11_000, 26_000, 60_000) }) },
);

/** Which server is attacked, and how. */
export interface Attack {
  /** The client's session: over polling, over WebSocket, or none yet. */
  readonly from: "polling" | "websocket" | "nothing";
  /** Whether the client has joined `/`. */
  readonly joined: boolean;
  readonly allowEIO3: boolean;
  readonly acts: readonly Act[];
}

export const attack: Arbitrary<Attack> = fc.record({
  from: fc.constantFrom("polling" as const, "websocket" as const, "websocket" as const, "nothing" as const),
  joined: fc.boolean(),
  allowEIO3: fc.boolean(),
  acts: fc.array(act, { minLength: 1, maxLength: 8 }),
});
