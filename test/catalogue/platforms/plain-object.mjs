/** Stands for the platform's base class where an object lives inside another. */
export class DurableObject {
  constructor(state, env) {
    this.ctx = state;
    this.env = env;
  }
}
