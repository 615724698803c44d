/**
 * Types of events: a map names each event and gives the function that hears it. A last parameter that is a function is
 * the acknowledgement. `any` is meant here: it is what an untyped server accepts.
 */

/** What may serve as a map: an interface or a type alias of functions. */
export interface EventsMap {
  [event: string]: any;
}

/** The untyped map: every name, every argument. */
export interface DefaultEventsMap {
  [event: string]: (...args: any[]) => void;
}

type AnyFunction = (...args: any[]) => any;
type IsAny<T> = 0 extends 1 & T ? true : false;

/** The names in a map. */
export type EventName<M extends EventsMap> = keyof M & (string | symbol);

/** The names that can be listened for: the user's and the reserved ones. */
export type ListenName<Listen extends EventsMap, Reserved extends EventsMap> = EventName<Listen> | EventName<Reserved>;

/** The arguments of an event. */
export type EventParams<M extends EventsMap, E extends EventName<M>> = Parameters<M[E]>;

/** The function that hears `E`: a reserved event's wins over one in the user's map. Its result is not looked at. */
export type ListenerOf<Listen extends EventsMap, Reserved extends EventsMap, E> = E extends keyof Reserved
  ? (...args: Parameters<Reserved[E]>) => void
  : E extends keyof Listen
    ? (...args: IsAny<Listen[E]> extends true ? any[] : Parameters<Listen[E]>) => void
    : (...args: any[]) => void;

/** The last element of a tuple, optional or not. */
export type Last<T extends readonly unknown[]> = Required<T> extends readonly [...unknown[], infer L] ? L : T[number];

/** A tuple without its last element. */
export type AllButLast<T extends readonly unknown[]> = T extends readonly [...infer Head, unknown]
  ? Head
  : T extends readonly [...infer Head, unknown?]
    ? Head
    : T;

/** What an acknowledgement answers: its first argument, or the second where an error comes first. */
export type FirstNonErrorArg<F> = F extends (...args: infer P) => unknown ? FirstNonError<P> : any;

type FirstNonError<P extends readonly unknown[]> = P extends readonly [infer First, ...infer Rest]
  ? IsError<First> extends true
    ? Rest[0]
    : First
  : P[0];

/** `Error`, `Error | null` and the like. */
type IsError<T> = [NonNullable<T>] extends [never]
  ? false
  : IsAny<T> extends true
    ? false
    : [NonNullable<T>] extends [Error]
      ? true
      : false;

/** `boolean` stands for both where the map is untyped. */
type TakesAck<P extends readonly unknown[]> = P extends readonly []
  ? false
  : IsAny<Last<P>> extends true
    ? boolean
    : [Last<P>] extends [AnyFunction]
      ? true
      : false;

/** Events whose last parameter is an acknowledgement. */
export type EventNamesWithAck<M extends EventsMap> = {
  [E in EventName<M>]: true extends TakesAck<Parameters<M[E]>> ? E : never;
}[EventName<M>];

/** Events without acknowledgement. */
export type EventNamesWithoutAck<M extends EventsMap> = {
  [E in EventName<M>]: false extends TakesAck<Parameters<M[E]>> ? E : never;
}[EventName<M>];

/** Events whose acknowledgement takes an error first. */
export type EventNamesWithError<M extends EventsMap> = {
  [E in EventName<M>]: true extends TakesError<Last<Parameters<M[E]>>> ? E : never;
}[EventName<M>];

type TakesError<Ack> = IsAny<Ack> extends true
  ? true
  : Ack extends (first: infer First, ...rest: any[]) => unknown
    ? IsAny<First> extends true
      ? true
      : IsError<First>
    : false;

/** The map behind `timeout()`: each acknowledgement takes an error first, unless it does already. */
export type TimedEvents<M extends EventsMap> = { [E in keyof M]: ReplaceAck<M[E], "timed"> };

/** The map behind a broadcast: each acknowledgement takes an error, then the answers of all clients. */
export type BroadcastEvents<M extends EventsMap> = { [E in keyof M]: ReplaceAck<M[E], "broadcast"> };

/** The map behind `timeout()` of a broadcast. */
export type TimedBroadcastEvents<M extends EventsMap> = TimedEvents<BroadcastEvents<M>>;

type ReplaceAck<F, Kind extends "timed" | "broadcast"> = F extends (...args: infer P) => infer R
  ? TakesAck<P> extends true
    ? (...args: WithLast<P, AckForms<Last<P>>[Kind]>) => R
    : F
  : F;

interface AckForms<Ack> {
  timed: Ack extends (...args: infer P) => infer R
    ? IsError<P[0]> extends true
      ? Ack
      : (error: Error, ...args: P) => R
    : Ack;
  broadcast: (error: Error, responses: FirstNonErrorArg<Ack>[]) => void;
}

/** A tuple with another last element, which stays optional where it was. */
type WithLast<P extends readonly unknown[], L> = P extends readonly [...infer Head, unknown]
  ? [...Head, L]
  : P extends readonly [...infer Head, unknown?]
    ? [...Head, L?]
    : P;
