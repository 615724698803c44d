import type { Invariant, Watch } from "./invariant.ts";

interface Pending {
  readonly item: string;
  readonly sockets: readonly string[];
  readonly due: number | undefined;
  readonly mustSettle: boolean;
  /** Whether nobody was there to answer from the beginning: it may take its time then, so that whoever asks again does so too. */
  readonly isLate: boolean;
  /** How long the process had stood still before. */
  readonly paused: number;
}

const SLACK = 2000;

/** I13, I14, I22: an acknowledgement is settled once, in time, with answers to this very emission; and clients get theirs once. */
export function acks({ simulation, isGood, fail }: Watch): Invariant {
  const pending = new Map<number, Pending>();
  const settled = new Set<number>();
  const left = new Set<string>();
  /** Where each socket is. */
  const homes = new Map<string, string>();
  let leftNow = false;
  return {
    on: {
      ackAsked: ({ ack, item, sockets, sids, due, promise }) => {
        const paused = simulation.life.process.pausedFor;
        const isLate = sockets.every((socket, index) => left.has(socket) || (homes.get(socket) ?? sids[index]) !== sids[index]);
        pending.set(ack, { item, sockets, due, mustSettle: promise || due !== undefined, isLate, paused });
      },
      ackRefused: ({ ack }) => void pending.delete(ack),
      ackSettled: ({ ack, failed, values }) => {
        const asked = pending.get(ack);
        if (asked === undefined) return settled.has(ack) ? fail("I13", `acknowledgement ${ack} was settled twice`) : undefined;
        pending.delete(ack);
        settled.add(ack);
        // Whoever keeps to no protocol may answer anything.
        const areGood = asked.sockets.every((socket) => isGood(homes.get(socket) ?? ""));
        if (!areGood) return;
        if (values.some((value) => value !== asked.item)) fail("I13", `acknowledgement ${ack} of ${asked.item} got the answer ${String(values)}`);
        if (!failed && values.length > asked.sockets.length) fail("I13", `acknowledgement ${ack} got ${values.length} answers of ${asked.sockets.length}`);
        if (!failed && values.length < asked.sockets.length) fail("I13", `acknowledgement ${ack} got only ${values.length} answers of ${asked.sockets.length}`);
      },
      joined: ({ socket, sid }) => {
        left.delete(socket);
        homes.set(socket, sid);
      },
      left: ({ socket }) => {
        left.add(socket);
        leftNow = true;
      },
      answerArrived: ({ sid, expected, answer }) => {
        if (isGood(sid) && expected !== answer) fail("I14", `the client of ${sid} asked about ${expected} and was answered about ${String(answer)}`);
      },
      serverDied: () => pending.clear(),
      serverSlept: () => pending.clear(),
    },
    turnEnded() {
      const { process } = simulation.life;
      for (const [ack, { sockets, due, mustSettle, isLate, paused }] of pending) {
        if (due !== undefined && simulation.now > due + SLACK + process.pausedFor - paused) fail("I13", `acknowledgement ${ack} is not settled in time`);
        if (leftNow && mustSettle && !isLate && sockets.every((socket) => left.has(socket))) {
          fail("I22", `acknowledgement ${ack} is not settled though all who could answer have left`);
        }
      }
      leftNow = false;
    },
    emptied() {
      for (const [ack, { mustSettle, sockets }] of pending) {
        if (mustSettle) return fail("I13", `acknowledgement ${ack} of ${sockets.length} sockets was never settled`);
      }
    },
  };
}
