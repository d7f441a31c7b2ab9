import type { Keep } from "./storage";

const MOST = 1_000;
const KEY = "read";

/** How far each conversation has been read in this browser: seq by conversation. */
export class ReadMarks {
  private readonly marks: Map<string, number>;

  constructor(private readonly keep: Keep) {
    this.marks = new Map(Object.entries(keep.read<Record<string, number>>(KEY) ?? {}));
  }

  /** Takes over what was read in another tab, each time that it changes there, until the returned function is called. */
  follow(changed: () => void): () => void {
    const listener = (event: StorageEvent): void => {
      if (event.key === `parley.${KEY}` && this.takeOver()) changed();
    };
    window.addEventListener("storage", listener);
    if (this.takeOver()) changed();
    return () => window.removeEventListener("storage", listener);
  }

  /** Undefined if this browser knows nothing of the conversation. */
  get(conversationId: string): number | undefined {
    return this.marks.get(conversationId);
  }

  /** Marks never go back. True if this one went on, here or meanwhile in another tab. */
  advance(conversationId: string, seq: number): boolean {
    if (this.has(conversationId, seq)) return false;
    this.takeOver(); // or another tab's marks would go back to what they were when this one last looked
    if (this.has(conversationId, seq)) return true;
    this.marks.delete(conversationId);
    this.marks.set(conversationId, seq);
    for (const oldest of this.marks.keys()) {
      if (this.marks.size <= MOST) break;
      this.marks.delete(oldest);
    }
    this.keep.write(KEY, Object.fromEntries(this.marks));
    return true;
  }

  private has(conversationId: string, seq: number): boolean {
    return seq <= (this.get(conversationId) ?? -1);
  }

  private takeOver(): boolean {
    let any = false;
    for (const [id, seq] of Object.entries(this.keep.read<Record<string, number>>(KEY) ?? {})) {
      if (!this.has(id, seq)) {
        this.marks.set(id, seq);
        any = true;
      }
    }
    return any;
  }
}
