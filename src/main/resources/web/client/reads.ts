import type { Keep } from "./storage";

const MOST = 1_000;

/** How far each conversation has been read in this browser: seq by conversation. */
export class ReadMarks {
  private readonly marks: Map<string, number>;

  constructor(private readonly keep: Keep) {
    this.marks = new Map(Object.entries(keep.read<Record<string, number>>("read") ?? {}));
  }

  /** Undefined if this browser knows nothing of the conversation. */
  get(conversationId: string): number | undefined {
    return this.marks.get(conversationId);
  }

  /** Marks never go back. True if this one went on. */
  advance(conversationId: string, seq: number): boolean {
    if (seq <= (this.get(conversationId) ?? -1)) return false;
    this.marks.delete(conversationId);
    this.marks.set(conversationId, seq);
    for (const oldest of this.marks.keys()) {
      if (this.marks.size <= MOST) break;
      this.marks.delete(oldest);
    }
    this.keep.write("read", Object.fromEntries(this.marks));
    return true;
  }
}
