import type { Keep } from "../client";

/** A conversation that was begun in this browser. */
export interface Begun {
  readonly id: string;
  /** What it was begun with, in a line. */
  readonly title: string;
}

const KEY = "conversations";
const CURRENT = "conversation";
/** Where earlier versions kept the one that was left last. */
const PREVIOUS = "conversation.previous";
const MOST = 10;

/** The conversations that were begun in this browser, in whichever tab, and the one that is open. */
export class BegunConversations {
  constructor(private readonly keep: Keep) {
    for (const key of [PREVIOUS, CURRENT]) {
      const id = keep.read<string>(key);
      if (id !== null && !this.all.some((c) => c.id === id)) this.add({ id, title: "" });
    }
    keep.remove(PREVIOUS);
  }

  /** Newest first. */
  get all(): readonly Begun[] {
    return this.keep.read<Begun[]>(KEY) ?? [];
  }

  get current(): string | null {
    return this.keep.read<string>(CURRENT);
  }

  add(begun: Begun): void {
    this.keep.write(KEY, [begun, ...this.all].slice(0, MOST));
  }

  /** There is no such conversation any more. */
  remove(id: string): void {
    this.keep.write(KEY, this.all.filter((c) => c.id !== id));
  }

  open(id: string): void {
    this.keep.write(CURRENT, id);
  }

  /** Another tab may have opened another one since. */
  leave(id: string): void {
    if (this.current === id) this.keep.remove(CURRENT);
  }
}
