import type { Role } from "./types";

/** Somebody who is writing just now. */
export interface Typist {
  readonly sender_id: string;
  readonly sender_role: Role;
}

const REPEAT_MS = 3_000;
/** The service passes on one sign a second. */
const LEAST_MS = 1_000;
const HIDE_MS = 5_000;

/** One's own typing: said at once and then at most every three seconds while it goes on. */
export class TypingSignal {
  private saidAt = 0;

  /** @param say puts it on the wire; false if there is none */
  constructor(private readonly say: () => boolean) {}

  /** Call at every keystroke. */
  stroke(): void {
    const now = Date.now();
    if (now - this.saidAt >= REPEAT_MS && this.say()) this.saidAt = now;
  }

  /** The message is out: the next stroke that the service would pass on begins anew. */
  done(): void {
    this.saidAt += LEAST_MS - REPEAT_MS;
  }
}

/** Who is typing in one conversation. A sign of it holds for five seconds, or until that sender's message is here. */
export class TypingBoard {
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private list: readonly Typist[] = [];

  constructor(private readonly changed: () => void) {}

  get typists(): readonly Typist[] {
    return this.list;
  }

  heard(typist: Typist): void {
    const key = keyOf(typist);
    clearTimeout(this.timers.get(key));
    this.timers.set(key, setTimeout(() => this.hide(typist), HIDE_MS));
    if (this.list.some((t) => keyOf(t) === key)) return;
    this.list = [...this.list, typist];
    this.changed();
  }

  hide(typist: Typist): void {
    const key = keyOf(typist);
    clearTimeout(this.timers.get(key));
    if (!this.timers.delete(key)) return;
    this.list = this.list.filter((t) => keyOf(t) !== key);
    this.changed();
  }

  clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    if (this.list.length === 0) return;
    this.list = [];
    this.changed();
  }
}

function keyOf(typist: Typist): string {
  return `${typist.sender_role} ${typist.sender_id}`;
}
