// Compiled, not run: each `@ts-expect-error` is an error that users must get.

import type {
  AllButLast,
  BroadcastEvents,
  DefaultEventsMap,
  EventName,
  EventNamesWithAck,
  EventNamesWithError,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  ListenerOf,
  TimedBroadcastEvents,
  TimedEvents,
} from "../../src/events/event-maps.ts";
import { Emitter } from "../../src/events/emitter.ts";

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(...equal: Equal<A, B> extends true ? [] : [expected: B, got: A]): void;

interface Listens {
  hello(name: string, count: number): void;
  ask(question: string, answer: (text: string) => void): void;
  silent(): void;
}

interface Emits {
  plain(text: string): void;
  nothing(): void;
  ask(question: string, answer: (text: string, score: number) => void): void;
  maybe(question: string, answer?: (text: string) => void): void;
  risky(answer: (error: Error, text: string) => void): void;
  nullable(answer: (error: Error | null, text: string) => void): void;
  done(answer: () => void): void;
  loose(answer: (...args: any[]) => void): void;
  anything(value: any): void;
  many(...texts: string[]): void;
}

interface Reserved {
  disconnect(reason: "gone", description?: unknown): void;
}

// Tuples

same<Last<[]>, never>();
same<Last<[string]>, string>();
same<Last<[string, number?]>, number>();
same<AllButLast<[string, number]>, [string]>();
same<AllButLast<[string, number?]>, [string]>();
same<AllButLast<any[]>, any[]>();
same<FirstNonErrorArg<(error: Error, text: string) => void>, string>();
same<FirstNonErrorArg<(error: Error | null, text: string) => void>, string>();
same<FirstNonErrorArg<(text: string, score: number) => void>, string>();
same<FirstNonErrorArg<() => void>, undefined>();
same<FirstNonErrorArg<(...args: any[]) => void>, any>();

// Names

same<EventName<Listens>, "hello" | "ask" | "silent">();
same<EventName<DefaultEventsMap>, string>();
same<EventParams<Listens, "hello">, [name: string, count: number]>();
same<EventNamesWithAck<Emits>, "ask" | "maybe" | "risky" | "nullable" | "done" | "loose" | "anything">();
same<EventNamesWithoutAck<Emits>, "plain" | "nothing" | "anything" | "many">();
same<EventNamesWithError<Emits>, "risky" | "nullable" | "loose" | "anything">();
same<EventNamesWithAck<DefaultEventsMap>, string>();
same<EventNamesWithoutAck<DefaultEventsMap>, string>();

same<ListenerOf<Listens, Reserved, "hello">, (name: string, count: number) => void>();
same<ListenerOf<Listens, Reserved, "disconnect">, (reason: "gone", description?: unknown) => void>();
same<ListenerOf<Listens, Reserved, "elsewhere">, (...args: any[]) => void>();

// Acknowledgements behind timeout() and broadcasts

same<EventParams<TimedEvents<Emits>, "plain">, [text: string]>();
same<
  EventParams<TimedEvents<Emits>, "ask">,
  [question: string, (error: Error, text: string, score: number) => void]
>();
same<EventParams<TimedEvents<Emits>, "maybe">, [question: string, ((error: Error, text: string) => void)?]>();
same<EventParams<TimedEvents<Emits>, "risky">, [(error: Error, text: string) => void]>();
same<EventParams<TimedEvents<Emits>, "done">, [(error: Error) => void]>();
same<EventParams<BroadcastEvents<Emits>, "plain">, [text: string]>();
same<EventParams<BroadcastEvents<Emits>, "ask">, [question: string, (error: Error, responses: string[]) => void]>();
same<EventParams<BroadcastEvents<Emits>, "risky">, [(error: Error, responses: string[]) => void]>();
same<
  EventParams<TimedBroadcastEvents<Emits>, "ask">,
  [question: string, (error: Error, responses: string[]) => void]
>();
same<EventParams<TimedEvents<DefaultEventsMap>, string>, any[]>();
same<EventParams<BroadcastEvents<DefaultEventsMap>, string>, any[]>();

// Adding listeners

class Typed extends Emitter<Listens, Reserved> {}
class Untyped extends Emitter<DefaultEventsMap, Reserved> {}

const typed = new Typed();
const untyped = new Untyped();

typed.on("hello", (name, count) => same<[typeof name, typeof count], [string, number]>());
typed.once("ask", (question, answer) => answer(question));
typed.on("silent", async () => {});
typed.on("hello", async (name: string) => name);
typed.on("disconnect", (reason) => same<typeof reason, "gone">());
const chained: Typed = typed.prependListener("silent", () => {}).off("silent", () => {}).removeAllListeners("hello");
same<ReturnType<typeof typed.listeners<"hello">>, ((name: string, count: number) => void)[]>();

// @ts-expect-error the event is not in the map
typed.on("unknown", () => {});
// @ts-expect-error a number is not a string
typed.on("hello", (name: number) => name);
// @ts-expect-error the acknowledgement takes a string
typed.on("ask", (_question, answer) => answer(1));
// @ts-expect-error reserved events are typed
typed.on("disconnect", (reason: number) => reason);
// @ts-expect-error the event is not in the map
typed.removeAllListeners("unknown");
// @ts-expect-error nobody outside may emit
typed.emit("hello", "a", 1);

untyped.on("whatever", (first, second) => same<[typeof first, typeof second], [any, any]>());
untyped.on("whatever", async (_text: string, answer: (n: number) => void) => answer(1));
untyped.on("disconnect", (reason) => same<typeof reason, "gone">());
// @ts-expect-error reserved events are typed beside the untyped map too
untyped.on("disconnect", (reason: number) => reason);

/** A reserved event wins over the user's own of that name. */
class Clash extends Emitter<{ disconnect(mine: number): void }, Reserved> {}
new Clash().on("disconnect", (reason) => same<typeof reason, "gone">());

// Emitting: what the classes on top of this do, with maps they do not know

declare class Sender<M extends EventsMap = DefaultEventsMap> {
  emit<E extends EventName<M>>(event: E, ...args: EventParams<M, E>): boolean;
  emitWithAck<E extends EventNamesWithAck<M>>(
    event: E,
    ...args: AllButLast<EventParams<M, E>>
  ): Promise<FirstNonErrorArg<Last<EventParams<M, E>>>>;
  emitToAll<E extends EventNamesWithoutAck<M>>(event: E, ...args: EventParams<M, E>): boolean;
  timeout(): Sender<TimedEvents<M>>;
  broadcast(): BroadcastSender<BroadcastEvents<M>>;
}

declare class BroadcastSender<M extends EventsMap> extends Sender<M> {
  override timeout(): BroadcastSender<TimedEvents<M>>;
}

declare const sender: Sender<Emits>;
declare const anySender: Sender;

sender.emit("plain", "a");
sender.emit("ask", "why", (text, score) => same<[typeof text, typeof score], [string, number]>());
sender.emit("maybe", "why");
void sender.emitWithAck("ask", "why").then((text) => same<typeof text, string>());
void sender.emitWithAck("maybe", "why").then((text) => same<typeof text, string>());
void sender.emitWithAck("risky").then((text) => same<typeof text, string>());
sender.emitToAll("plain", "a");
sender.timeout().emit("ask", "why", (error, text) => same<[typeof error, typeof text], [Error, string]>());
sender.timeout().emit("risky", (error, text) => same<[typeof error, typeof text], [Error, string]>());
sender.timeout().emit("nullable", (error, text) => same<[typeof error, typeof text], [Error | null, string]>());
void sender.timeout().emitWithAck("ask", "why").then((text) => same<typeof text, string>());
sender.broadcast().emit("ask", "why", (error, texts) => same<[typeof error, typeof texts], [Error, string[]]>());
sender.broadcast().emit("risky", (error, texts) => same<[typeof error, typeof texts], [Error, string[]]>());
sender.broadcast().timeout().emit("ask", "why", (_error, texts) => same<typeof texts, string[]>());
void sender.broadcast().timeout().emitWithAck("ask", "why").then((texts) => same<typeof texts, string[]>());

// @ts-expect-error the event is not in the map
sender.emit("unknown");
// @ts-expect-error the argument is missing
sender.emit("plain");
// @ts-expect-error a number is not a string
sender.emit("plain", 1);
// @ts-expect-error `plain` has no acknowledgement to wait for
void sender.emitWithAck("plain", "a");
// @ts-expect-error the acknowledgement is the promise
void sender.emitWithAck("ask", "why", () => {});
// @ts-expect-error an event with an acknowledgement needs a broadcast or a socket
sender.emitToAll("ask", "why", () => {});
// @ts-expect-error the error comes first
sender.timeout().emit("ask", "why", (text: string) => text);
// @ts-expect-error the answers come as an array
sender.broadcast().emit("ask", "why", (_error, texts: string) => texts);

anySender.emit("whatever", 1, "a", () => {});
anySender.emitToAll("whatever", 1, "a", () => {});
anySender.timeout().emit("whatever", (error: Error, text: string) => [error, text]);
anySender.broadcast().timeout().emit("whatever", (error: Error, texts: string[]) => [error, texts]);
void anySender.emitWithAck("whatever", 1).then((value) => same<typeof value, any>());
void anySender.broadcast().emitWithAck("whatever", 1).then((value) => same<typeof value, any>());

void chained;
