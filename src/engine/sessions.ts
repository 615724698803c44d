import type { Session } from "./session.ts";

/** The open sessions of an engine by their ids. */
export class Sessions extends Map<string, Session> {
  /** The same as an object, from the first time on that somebody asks for it. */
  #byId: Record<string, Session> | undefined = undefined;

  /** As a plain object, which is what tools read. */
  get byId(): Readonly<Record<string, Session>> {
    return (this.#byId ??= Object.assign(Object.create(null), Object.fromEntries(this)) as Record<string, Session>);
  }

  override set(id: string, session: Session): this {
    if (this.#byId !== undefined) this.#byId[id] = session;
    return super.set(id, session);
  }

  override delete(id: string): boolean {
    if (this.#byId !== undefined) delete this.#byId[id];
    return super.delete(id);
  }
}
