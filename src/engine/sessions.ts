import type { Session } from "./session.ts";

/** The open sessions of an engine by their ids; also as a plain object, which is what tools read. */
export class Sessions extends Map<string, Session> {
  readonly byId: Record<string, Session> = Object.create(null) as Record<string, Session>;

  override set(id: string, session: Session): this {
    this.byId[id] = session;
    return super.set(id, session);
  }

  override delete(id: string): boolean {
    delete this.byId[id];
    return super.delete(id);
  }
}
